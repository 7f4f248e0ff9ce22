"""How it is hidden: a frame and its regions in, the same frame out, with every region hidden beyond recovery.

Painting happens in the frame's own planes: stored orientation, native depth, range and chroma subsampling. Only the
rectangles concerned are touched; every other sample stays bit for bit. Where a mask is full, what is painted depends
on a few colour averages only (or on nothing at all), never on the sharp samples beneath.

Why so few, so coarse averages. A Gaussian blur is a linear map and is undone, at least in part, by deconvolution, and
networks recognise people and characters behind blur and mosaic (McPherson, Shokri, Shmatikov, "Defeating Image
Obfuscation with Deep Learning", arXiv 1609.00408). Mosaics of text fall to comparing with the mosaics of known text
(Hill et al., "On the (In)effectiveness of Mosaicing and Blurring as Tools for Document Redaction", PoPETs 2016;
Bishop Fox's Unredacter; Depix), and clips give the attacker many shifted samples of one object, the very input of
multi-frame super-resolution (Park, Park, Kang, IEEE Signal Processing Magazine 20(3), 2003). Hence:

- the whole region is told by at most 6 x 6 cells, and by 1 at full strength; no cell is smaller than 4 pixels;
- the grid is anchored to the region, which moves with the object, not to the picture: neighbouring frames then sample
  the object at nearly the same places, and fusing them yields little new;
- the averages are rounded to few levels, and a level once shown stays until the average has clearly left it: that
  takes away the small differences from shift to shift that fusing lives on;
- each cell of each object gets a secret tint, the same in all its frames, so that it does not average out. It is drawn
  from the noise of the hidden pixels themselves: equal runs give equal clips, and who lacks the source lacks the tint;
- the surface (soft or blocks) is made from those tones alone.

What is left may still tell apart a few *known* candidates under laboratory conditions: ``benchmarks/attack.py`` prints
how often. Who must rule that out takes strength 6, or the style ``solid``, which carries nothing.

`obscurer` paints the regions of a frame, `masks` says which pixels a region covers, `tones` makes the few averages and
the surface that is shown, `planes` gives a frame's samples per colour channel, `overlay` lays on the user's own
picture.
"""
