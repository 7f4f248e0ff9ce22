<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>DashcamCleaner</name>
    <message>
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Datei</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>&amp;Hilfe</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>&amp;Warteschlange</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Ansicht</translation>
    </message>
    <message>
      <source>1. Add clips. The preview shows what will be hidden before anything is written.</source>
      <translation>1. Clips hinzufügen. Die Vorschau zeigt, was verdeckt wird, bevor etwas geschrieben ist.</translation>
    </message>
    <message>
      <source>16-bit float</source>
      <translation>16-Bit-Gleitkomma</translation>
    </message>
    <message>
      <source>2. Press Start. Your clips stay as they are; each result is a new file.</source>
      <translation>2. Start drücken. Deine Clips bleiben, wie sie sind; jedes Ergebnis ist eine neue Datei.</translation>
    </message>
    <message>
      <source>3. Look through the review before you publish. No program finds everything.</source>
      <translation>3. Vor dem Veröffentlichen die Durchsicht ansehen. Kein Programm findet alles.</translation>
    </message>
    <message>
      <source>32-bit float</source>
      <translation>32-Bit-Gleitkomma</translation>
    </message>
    <message>
      <source>6 hides most (one colour), 1 least (six cells on the region's long side); none can be read back.</source>
      <translation>6 verdeckt am meisten (eine Farbe), 1 am wenigsten (sechs Felder auf der langen Seite); zurücklesen lässt sich keine.</translation>
    </message>
    <message>
      <source>8-bit integer</source>
      <translation>8-Bit-Ganzzahl</translation>
    </message>
    <message>
      <source>A .tag file, which you may have edited</source>
      <translation>Eine .tag-Datei, auch eine geänderte</translation>
    </message>
    <message>
      <source>A clip is being cleaned</source>
      <translation>Ein Clip wird bereinigt</translation>
    </message>
    <message>
      <source>A clip that is being cleaned cannot be removed; cancel it first.</source>
      <translation>Ein Clip, der gerade bereinigt wird, kann nicht entfernt werden; brich ihn erst ab.</translation>
    </message>
    <message>
      <source>A drawn street, to see everything at work</source>
      <translation>Eine gezeichnete Straße, um alles auszuprobieren</translation>
    </message>
    <message>
      <source>A key of the whole desktop that covers everything; F12 does so in this window</source>
      <translation>Eine Taste des ganzen Bildschirms, die alles abdeckt; in diesem Fenster tut das F12</translation>
    </message>
    <message>
      <source>A middle way for slow machines.</source>
      <translation>Ein Mittelweg für langsame Rechner.</translation>
    </message>
    <message>
      <source>A picture counts over this score; lines in the graph are dragged for one label</source>
      <translation>Ein Bild zählt über diesem Wert; die Linien im Verlauf gelten je für ein Label</translation>
    </message>
    <message>
      <source>A region also covers this many frames (5) or seconds (0.5s) after its sighting.</source>
      <translation>Ein Bereich verdeckt auch so viele Bilder (5) oder Sekunden (0.5s) nach seiner Sichtung.</translation>
    </message>
    <message>
      <source>A region also covers this many frames (5) or seconds (0.5s) before its sighting.</source>
      <translation>Ein Bereich verdeckt auch so viele Bilder (5) oder Sekunden (0.5s) vor seiner Sichtung.</translation>
    </message>
    <message>
      <source>A region whose object is not sure takes at most this share of the picture.</source>
      <translation>Ein Bereich, dessen Objekt nicht sicher ist, nimmt höchstens diesen Anteil des Bildes ein.</translation>
    </message>
    <message>
      <source>A report tells what was done and how it was checked, not that nobody can be recognised.</source>
      <translation>Ein Bericht sagt, was getan und wie es geprüft wurde, nicht, dass niemand zu erkennen ist.</translation>
    </message>
    <message>
      <source>A score above this is enough by itself.</source>
      <translation>Ein Wert darüber genügt für sich allein.</translation>
    </message>
    <message>
      <source>A screen, window, camera, address or file, as in docs/live.md</source>
      <translation>Bildschirm, Fenster, Kamera, Adresse oder Datei, wie in docs/live.md</translation>
    </message>
    <message>
      <source>A {kind} not seen for long, covered by guess</source>
      <translation>{kind}: lange nicht gesehen, nach Vermutung verdeckt</translation>
    </message>
    <message>
      <source>A {kind} seen only once</source>
      <translation>{kind}: nur einmal gesehen</translation>
    </message>
    <message>
      <source>A {kind} that is barely one</source>
      <translation>{kind}: kaum zu erkennen</translation>
    </message>
    <message>
      <source>AMD (AMF)</source>
      <translation>AMD (AMF)</translation>
    </message>
    <message>
      <source>AV1</source>
      <translation>AV1</translation>
    </message>
    <message>
      <source>About DashcamCleaner</source>
      <translation>Über DashcamCleaner</translation>
    </message>
    <message>
      <source>Add a folder</source>
      <translation>Einen Ordner hinzufügen</translation>
    </message>
    <message>
      <source>Add an own .pt or .onnx file</source>
      <translation>Eine eigene .pt- oder .onnx-Datei hinzufügen</translation>
    </message>
    <message>
      <source>Add clips</source>
      <translation>Clips hinzufügen</translation>
    </message>
    <message>
      <source>Add clips…</source>
      <translation>Clips hinzufügen…</translation>
    </message>
    <message>
      <source>Add folder</source>
      <translation>Ordner hinzufügen</translation>
    </message>
    <message>
      <source>Add folder…</source>
      <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
      <source>Add recent</source>
      <translation>Zuletzt hinzugefügte</translation>
    </message>
    <message>
      <source>Add weights</source>
      <translation>Gewichte hinzufügen</translation>
    </message>
    <message>
      <source>Added.</source>
      <translation>Hinzugefügt.</translation>
    </message>
    <message>
      <source>Added; loading a .pt from elsewhere needs “Trust these weights”.</source>
      <translation>Hinzugefügt; eine .pt-Datei von anderswo braucht „Diesen Gewichten vertrauen“.</translation>
    </message>
    <message>
      <source>After</source>
      <translation>Nachher</translation>
    </message>
    <message>
      <source>All</source>
      <translation>Aller</translation>
    </message>
    <message>
      <source>All clips are done</source>
      <translation>Alle Clips sind fertig</translation>
    </message>
    <message>
      <source>All files</source>
      <translation>Alle Dateien</translation>
    </message>
    <message>
      <source>An NVIDIA GPU and PyTorch are there, so the GPU is taken.</source>
      <translation>Eine NVIDIA-GPU und PyTorch sind da, also wird die GPU genommen.</translation>
    </message>
    <message>
      <source>Analyse the whole clip first, look again where tracks are weak, then render.</source>
      <translation>Erst den ganzen Clip analysieren, bei schwachen Spuren noch einmal hinsehen, dann rendern.</translation>
    </message>
    <message>
      <source>Analysing</source>
      <translation>Analysiert</translation>
    </message>
    <message>
      <source>Appearance</source>
      <translation>Aussehen</translation>
    </message>
    <message>
      <source>Apple (VideoToolbox)</source>
      <translation>Apple (VideoToolbox)</translation>
    </message>
    <message>
      <source>Area left clear</source>
      <translation>Sichtbar gelassene Fläche</translation>
    </message>
    <message>
      <source>Arithmetic of the network; auto: the chip's best.</source>
      <translation>Rechenart des Netzes; auto: die beste des Prozessors.</translation>
    </message>
    <message>
      <source>As a run hides it</source>
      <translation>So verdeckt ein Lauf</translation>
    </message>
    <message>
      <source>As it is</source>
      <translation>Wie es ist</translation>
    </message>
    <message>
      <source>As the rest</source>
      <translation>Wie die übrigen</translation>
    </message>
    <message>
      <source>As the system</source>
      <translation>Wie das System</translation>
    </message>
    <message>
      <source>At key frames, so that pieces may be longer; nothing is hidden</source>
      <translation>An Schlüsselbildern, so dass Stücke länger sein können; nichts wird verdeckt</translation>
    </message>
    <message>
      <source>At least</source>
      <translation>Mindestens</translation>
    </message>
    <message>
      <source>Attached files</source>
      <translation>Angehängte Dateien</translation>
    </message>
    <message>
      <source>Audio</source>
      <translation>Ton</translation>
    </message>
    <message>
      <source>Audit every result</source>
      <translation>Jedes Ergebnis prüfen</translation>
    </message>
    <message>
      <source>Audit failed</source>
      <translation>Prüfung nicht bestanden</translation>
    </message>
    <message>
      <source>Audit: a second look at the finished file by other means; what it finds stands in the review.</source>
      <translation>Prüfung: ein zweiter Blick auf die fertige Datei mit anderen Mitteln; was sie findet, steht in der Durchsicht.</translation>
    </message>
    <message>
      <source>Audit: {status}</source>
      <translation>Prüfung: {status}</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automatisch</translation>
    </message>
    <message>
      <source>Backend</source>
      <translation>Rechenwerk</translation>
    </message>
    <message>
      <source>Balanced</source>
      <translation>Ausgewogen</translation>
    </message>
    <message>
      <source>Batch</source>
      <translation>Stapel</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>Vorher</translation>
    </message>
    <message>
      <source>Before and after, with a divider to drag</source>
      <translation>Vorher und nachher, mit verschiebbarer Trennlinie</translation>
    </message>
    <message>
      <source>Beside each clip</source>
      <translation>Neben jedem Clip</translation>
    </message>
    <message>
      <source>Blocks</source>
      <translation>Blöcke</translation>
    </message>
    <message>
      <source>Blocks: {what}</source>
      <translation>Blöcke: {what}</translation>
    </message>
    <message>
      <source>Blur</source>
      <translation>Weichzeichnen</translation>
    </message>
    <message>
      <source>Blur strength</source>
      <translation>Stärke der Verdeckung</translation>
    </message>
    <message>
      <source>Box</source>
      <translation>Rechteck</translation>
    </message>
    <message>
      <source>Burned-in text</source>
      <translation>Eingebrannter Text</translation>
    </message>
    <message>
      <source>Burned-in text hidden: {where}</source>
      <translation>Eingeblendeter Text verdeckt: {where}</translation>
    </message>
    <message>
      <source>By time</source>
      <translation>Nach Zeit</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cannot be read</source>
      <translation>Nicht lesbar</translation>
    </message>
    <message>
      <source>Capture rate</source>
      <translation>Aufnahmerate</translation>
    </message>
    <message>
      <source>Carry tracks</source>
      <translation>Spuren fortführen</translation>
    </message>
    <message>
      <source>Chapters</source>
      <translation>Kapitel</translation>
    </message>
    <message>
      <source>Checked</source>
      <translation>Angesehen</translation>
    </message>
    <message>
      <source>Choose a clip that is done to review what was hidden in it.</source>
      <translation>Wähle einen fertigen Clip, um durchzusehen, was darin verdeckt wurde.</translation>
    </message>
    <message>
      <source>Choose a clip to see how it will look.</source>
      <translation>Wähle einen Clip, um zu sehen, wie er aussehen wird.</translation>
    </message>
    <message>
      <source>Choose a clip to see its scenes.</source>
      <translation>Einen Clip wählen, um seine Szenen zu sehen.</translation>
    </message>
    <message>
      <source>Choose a file</source>
      <translation>Datei wählen</translation>
    </message>
    <message>
      <source>Choose a picture to lay on</source>
      <translation>Bild zum Auflegen wählen</translation>
    </message>
    <message>
      <source>Clean again, replacing the result</source>
      <translation>Noch einmal bereinigen und das Ergebnis ersetzen</translation>
    </message>
    <message>
      <source>Clean all clips that wait</source>
      <translation>Alle wartenden Clips bereinigen</translation>
    </message>
    <message>
      <source>Clean the clip again, replacing the result: it is looked at anew.</source>
      <translation>Bereinige den Clip noch einmal und ersetze das Ergebnis: Er wird neu angesehen.</translation>
    </message>
    <message>
      <source>Cleaned before</source>
      <translation>Schon bereinigt</translation>
    </message>
    <message>
      <source>Cleaning</source>
      <translation>Bereinigt</translation>
    </message>
    <message>
      <source>Clips</source>
      <translation>Clips</translation>
    </message>
    <message>
      <source>Clips and pictures</source>
      <translation>Clips und Bilder</translation>
    </message>
    <message>
      <source>Clips at once</source>
      <translation>Clips gleichzeitig</translation>
    </message>
    <message>
      <source>Clips cleaned at the same time, each in a process of its own (on a GPU and in the window they share one); auto: by cores and memory.</source>
      <translation>Clips, die gleichzeitig bereinigt werden, jeder in einem eigenen Prozess (auf einer GPU und im Fenster in einem gemeinsamen); auto: nach Kernen und Speicher.</translation>
    </message>
    <message>
      <source>Close all the same</source>
      <translation>Trotzdem schließen</translation>
    </message>
    <message>
      <source>Close the window</source>
      <translation>Das Fenster schließen</translation>
    </message>
    <message>
      <source>Close, and lose the latest edits of the review?</source>
      <translation>Schließen und die letzten Änderungen der Durchsicht verlieren?</translation>
    </message>
    <message>
      <source>Closer looks</source>
      <translation>Genaueres Hinsehen</translation>
    </message>
    <message>
      <source>Codec</source>
      <translation>Codec</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Vergleich</translation>
    </message>
    <message>
      <source>Compare before and after</source>
      <translation>Vorher und nachher vergleichen</translation>
    </message>
    <message>
      <source>Constant rate factor on the scale of x264; lower is better and larger.</source>
      <translation>Konstanter Ratenfaktor auf der Skala von x264; niedriger ist besser und größer.</translation>
    </message>
    <message>
      <source>Continues where it stopped when started again</source>
      <translation>Macht beim nächsten Start dort weiter</translation>
    </message>
    <message>
      <source>Copy report</source>
      <translation>Bericht kopieren</translation>
    </message>
    <message>
      <source>Copy the audio packet for packet, or leave it out.</source>
      <translation>Den Ton Paket für Paket kopieren oder weglassen.</translation>
    </message>
    <message>
      <source>Cover everything</source>
      <translation>Alles verdecken</translation>
    </message>
    <message>
      <source>Cover pictures</source>
      <translation>Titelbilder</translation>
    </message>
    <message>
      <source>Covers everything for 10 s and throws away what waits</source>
      <translation>Verdeckt 10 s lang alles und verwirft, was wartet</translation>
    </message>
    <message>
      <source>Cut</source>
      <translation>Schneiden</translation>
    </message>
    <message>
      <source>Cut the picture into this many overlapping tiles along its long side, for far plates; 1: none.</source>
      <translation>Das Bild entlang der langen Seite in so viele überlappende Kacheln schneiden, für ferne Kennzeichen; 1: keine.</translation>
    </message>
    <message>
      <source>Cut without encoding</source>
      <translation>Ohne Umrechnen schneiden</translation>
    </message>
    <message>
      <source>Cutting {clip}…</source>
      <translation>{clip} wird geschnitten …</translation>
    </message>
    <message>
      <source>Dark</source>
      <translation>Dunkel</translation>
    </message>
    <message>
      <source>DashcamCleaner, live</source>
      <translation>DashcamCleaner, live</translation>
    </message>
    <message>
      <source>Data tracks</source>
      <translation>Datenspuren</translation>
    </message>
    <message>
      <source>Day, night, tunnel</source>
      <translation>Tag, Nacht, Tunnel</translation>
    </message>
    <message>
      <source>Decoder</source>
      <translation>Dekodierer</translation>
    </message>
    <message>
      <source>Delay</source>
      <translation>Verzögerung</translation>
    </message>
    <message>
      <source>Delete “{name}”</source>
      <translation>„{name}“ löschen</translation>
    </message>
    <message>
      <source>Detail</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>Detect a clip's parts in the processes of parallel, or on a cluster's workers; the result stays the same.</source>
      <translation>Teile eines Clips in den Prozessen von „parallel“ oder auf den Arbeitern eines Clusters erkennen; das Ergebnis bleibt gleich.</translation>
    </message>
    <message>
      <source>Detect every</source>
      <translation>Erkennen in jedem</translation>
    </message>
    <message>
      <source>Detect in every n-th frame and carry tracks in between; auto: in all where anything appears or is lost.</source>
      <translation>In jedem n-ten Bild erkennen und dazwischen Spuren fortführen; auto: in allen, wo etwas erscheint oder verloren geht.</translation>
    </message>
    <message>
      <source>Detection</source>
      <translation>Erkennung</translation>
    </message>
    <message>
      <source>Detection threshold</source>
      <translation>Erkennungsschwelle</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Gerät</translation>
    </message>
    <message>
      <source>Dismiss</source>
      <translation>Ausblenden</translation>
    </message>
    <message>
      <source>Do not hide single hits with a low score and no neighbours in time. May uncover somebody.</source>
      <translation>Einzelne schwache Treffer ohne zeitliche Nachbarn nicht verdecken. Kann jemanden sichtbar lassen.</translation>
    </message>
    <message>
      <source>Done</source>
      <translation>Fertig</translation>
    </message>
    <message>
      <source>Done, with gaps</source>
      <translation>Fertig, mit Lücken</translation>
    </message>
    <message>
      <source>Done: {what}</source>
      <translation>Fertig: {what}</translation>
    </message>
    <message>
      <source>Drag a box around what is to be hidden</source>
      <translation>Ziehe ein Rechteck um das, was verdeckt werden soll</translation>
    </message>
    <message>
      <source>Draw</source>
      <translation>Zeichnen</translation>
    </message>
    <message>
      <source>Draw a box and follow it</source>
      <translation>Ein Rechteck zeichnen und verfolgen</translation>
    </message>
    <message>
      <source>Draw a box around something to hide</source>
      <translation>Ein Rechteck um etwas zeichnen, das verdeckt werden soll</translation>
    </message>
    <message>
      <source>Draw a box; it is followed both ways</source>
      <translation>Zeichne ein Rechteck; es wird in beide Richtungen verfolgt</translation>
    </message>
    <message>
      <source>Draw a fixed area to hide</source>
      <translation>Eine feste Fläche zeichnen, die verdeckt wird</translation>
    </message>
    <message>
      <source>Draw an area to leave clear</source>
      <translation>Eine Fläche zeichnen, die sichtbar bleibt</translation>
    </message>
    <message>
      <source>Drawing the sample clip…</source>
      <translation>Der Beispielclip wird gezeichnet…</translation>
    </message>
    <message>
      <source>Drawn region</source>
      <translation>Gezeichneter Bereich</translation>
    </message>
    <message>
      <source>Driving or parked</source>
      <translation>Fahrt oder Stand</translation>
    </message>
    <message>
      <source>Drop</source>
      <translation>Weglassen</translation>
    </message>
    <message>
      <source>Drop clips or folders here</source>
      <translation>Clips oder Ordner hier ablegen</translation>
    </message>
    <message>
      <source>Drop spurious hits</source>
      <translation>Zufallstreffer weglassen</translation>
    </message>
    <message>
      <source>Each piece a file</source>
      <translation>Jedes Stück eine Datei</translation>
    </message>
    <message>
      <source>Each result stands beside its clip as NAME{suffix}</source>
      <translation>Jedes Ergebnis steht neben seinem Clip als NAME{suffix}</translation>
    </message>
    <message>
      <source>Edits cannot be saved</source>
      <translation>Änderungen können nicht gespeichert werden</translation>
    </message>
    <message>
      <source>Edits from elsewhere</source>
      <translation>Änderungen von anderswo</translation>
    </message>
    <message>
      <source>Ellipse</source>
      <translation>Ellipse</translation>
    </message>
    <message>
      <source>Encoder</source>
      <translation>Kodierer</translation>
    </message>
    <message>
      <source>Encoder preset</source>
      <translation>Voreinstellung des Kodierers</translation>
    </message>
    <message>
      <source>End of a span</source>
      <translation>Ende einer Spanne</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exportieren</translation>
    </message>
    <message>
      <source>Export list</source>
      <translation>Liste exportieren</translation>
    </message>
    <message>
      <source>Exporting…</source>
      <translation>Wird exportiert …</translation>
    </message>
    <message>
      <source>Face</source>
      <translation>Gesicht</translation>
    </message>
    <message>
      <source>Faces</source>
      <translation>Gesichter</translation>
    </message>
    <message>
      <source>Faces and number plates are hidden, everything else stays as it was.
Nothing leaves this computer.</source>
      <translation>Gesichter und Kennzeichen werden verdeckt, alles andere bleibt, wie es war.
Nichts verlässt diesen Rechner.</translation>
    </message>
    <message>
      <source>Factor on each side's length of what was detected; auto: as measured per kind.</source>
      <translation>Faktor auf die Seitenlängen des Erkannten; auto: wie je Art gemessen.</translation>
    </message>
    <message>
      <source>Failed</source>
      <translation>Fehlgeschlagen</translation>
    </message>
    <message>
      <source>Far ones too</source>
      <translation>Auch Fernes</translation>
    </message>
    <message>
      <source>Fast</source>
      <translation>Schnell</translation>
    </message>
    <message>
      <source>Feather</source>
      <translation>Weicher Rand</translation>
    </message>
    <message>
      <source>Files, addresses, cameras, OBS, one a line; without any there is the preview alone</source>
      <translation>Dateien, Adressen, Kameras, OBS, je Zeile eines; ohne sie gibt es nur die Vorschau</translation>
    </message>
    <message>
      <source>Fill after</source>
      <translation>Danach verfolgen</translation>
    </message>
    <message>
      <source>Fill before</source>
      <translation>Davor verfolgen</translation>
    </message>
    <message>
      <source>Filter</source>
      <translation>Filter</translation>
    </message>
    <message>
      <source>Find persons</source>
      <translation>Personen suchen</translation>
    </message>
    <message>
      <source>Finished file</source>
      <translation>Fertige Datei</translation>
    </message>
    <message>
      <source>First frame</source>
      <translation>Erstes Bild</translation>
    </message>
    <message>
      <source>Fit to span</source>
      <translation>An die Spanne anpassen</translation>
    </message>
    <message>
      <source>Fixed area</source>
      <translation>Feste Fläche</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Ordner für Ergebnisse</translation>
    </message>
    <message>
      <source>Follow the running job</source>
      <translation>Dem laufenden Auftrag folgen</translation>
    </message>
    <message>
      <source>Following what you drew…</source>
      <translation>Verfolgt, was du gezeichnet hast…</translation>
    </message>
    <message>
      <source>For a first look. Small and far faces and plates may be missed.</source>
      <translation>Für einen ersten Blick. Kleine und ferne Gesichter und Kennzeichen können übersehen werden.</translation>
    </message>
    <message>
      <source>For clips that will be shown. Looks closely; takes its time.</source>
      <translation>Für Clips, die gezeigt werden. Sieht genau hin und nimmt sich Zeit.</translation>
    </message>
    <message>
      <source>Forget these</source>
      <translation>Diese vergessen</translation>
    </message>
    <message>
      <source>Frame</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Frames per inference; more than 1 helps GPUs; auto: on a GPU what fits and is fastest there, by trying.</source>
      <translation>Bilder je Durchgang des Netzes; mehr als 1 hilft GPUs; auto: auf einer GPU, was passt und dort beim Probieren am schnellsten ist.</translation>
    </message>
    <message>
      <source>Free software under the AGPL-3.0. Its reports tell what was done, not that nobody can be recognised.</source>
      <translation>Freie Software unter der AGPL-3.0. Die Berichte sagen, was getan wurde, nicht, dass niemand zu erkennen ist.</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <source>Further kinds that your weights know and that are to be hidden, e.g. person,screen.</source>
      <translation>Weitere Arten, die deine Gewichte kennen und die verdeckt werden sollen, z. B. person,screen.</translation>
    </message>
    <message>
      <source>Give it a name</source>
      <translation>Gib ihm einen Namen</translation>
    </message>
    <message>
      <source>Go to live pictures</source>
      <translation>Zu den Live-Bildern</translation>
    </message>
    <message>
      <source>Go to the preview</source>
      <translation>Zur Vorschau</translation>
    </message>
    <message>
      <source>Go to the queue</source>
      <translation>Zur Warteschlange</translation>
    </message>
    <message>
      <source>Go to the review</source>
      <translation>Zur Durchsicht</translation>
    </message>
    <message>
      <source>Go to the scenes</source>
      <translation>Zu den Szenen</translation>
    </message>
    <message>
      <source>Good</source>
      <translation>Gut</translation>
    </message>
    <message>
      <source>Growth for faces alone.</source>
      <translation>Vergrößerung nur für Gesichter.</translation>
    </message>
    <message>
      <source>Growth for plates alone.</source>
      <translation>Vergrößerung nur für Kennzeichen.</translation>
    </message>
    <message>
      <source>Growth of faces</source>
      <translation>Vergrößerung der Gesichter</translation>
    </message>
    <message>
      <source>Growth of plates</source>
      <translation>Vergrößerung der Kennzeichen</translation>
    </message>
    <message>
      <source>H.264</source>
      <translation>H.264</translation>
    </message>
    <message>
      <source>H.265</source>
      <translation>H.265</translation>
    </message>
    <message>
      <source>Hardly any loss</source>
      <translation>Kaum Verlust</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>Hidden in any case</source>
      <translation>In jedem Fall verdeckt</translation>
    </message>
    <message>
      <source>Hidden in this frame</source>
      <translation>In diesem Bild verdeckt</translation>
    </message>
    <message>
      <source>Hide burned-in text</source>
      <translation>Eingeblendeten Text verdecken</translation>
    </message>
    <message>
      <source>Hide burned-in text over the whole clip</source>
      <translation>Eingeblendeten Text im ganzen Clip verdecken</translation>
    </message>
    <message>
      <source>Hide faces and plates</source>
      <translation>Gesichter und Kennzeichen verdecken</translation>
    </message>
    <message>
      <source>Hide faces.</source>
      <translation>Gesichter verdecken.</translation>
    </message>
    <message>
      <source>Hide number plates.</source>
      <translation>Kennzeichen verdecken.</translation>
    </message>
    <message>
      <source>Hide only the chosen track</source>
      <translation>Nur die gewählte Spur verdecken</translation>
    </message>
    <message>
      <source>Hide the weak spot, or the chosen cards in any case</source>
      <translation>Die unsichere Stelle verdecken, oder die gewählten Karten in jedem Fall</translation>
    </message>
    <message>
      <source>Hide the whole frame over the marked span</source>
      <translation>Über die markierte Spanne das ganze Bild verdecken</translation>
    </message>
    <message>
      <source>Hides faces and number plates in dashcam and street clips, and keeps everything else as it was.</source>
      <translation>Verdeckt Gesichter und Kennzeichen in Dashcam- und Straßenclips und lässt alles andere, wie es war.</translation>
    </message>
    <message>
      <source>Hold</source>
      <translation>Haltezeit</translation>
    </message>
    <message>
      <source>Hold for original</source>
      <translation>Halten für das Original</translation>
    </message>
    <message>
      <source>How far ahead is looked before a frame is written.</source>
      <translation>Wie weit vorausgesehen wird, bevor ein Bild geschrieben wird.</translation>
    </message>
    <message>
      <source>How hidden regions look: soft, blocks, one colour, or your own picture.</source>
      <translation>Wie verdeckte Bereiche aussehen: weich, Blöcke, eine Farbe oder ein eigenes Bild.</translation>
    </message>
    <message>
      <source>How it looks</source>
      <translation>Wie es aussieht</translation>
    </message>
    <message>
      <source>How long a label's rule, or a cover in OBS, stays at work after what it was for was last seen.</source>
      <translation>Wie lange die Regel eines Etiketts oder eine Abdeckung in OBS wirkt, nachdem ihr Anlass zuletzt gesehen wurde.</translation>
    </message>
    <message>
      <source>How long a track is followed back before its first sighting.</source>
      <translation>Wie lange eine Spur vor ihrer ersten Sichtung zurückverfolgt wird.</translation>
    </message>
    <message>
      <source>How long a track is followed on after its last sighting.</source>
      <translation>Wie lange eine Spur nach ihrer letzten Sichtung weiterverfolgt wird.</translation>
    </message>
    <message>
      <source>How long live pictures and sound are held before they leave; longer forgives more load and finds more.</source>
      <translation>Wie lange Live-Bilder und Ton gehalten werden, bevor sie hinausgehen; länger verzeiht mehr Last und findet mehr.</translation>
    </message>
    <message>
      <source>How much care is taken: fixes size, tiles, thresholds, look-ahead and growth; your own values win.</source>
      <translation>Wie viel Sorgfalt: legt Größe, Kacheln, Schwellen, Vorausschau und Vergrößerung fest; eigene Werte gehen vor.</translation>
    </message>
    <message>
      <source>How probable a track must be an object to be hidden, large ones more; lower hides more. auto: 0.04.</source>
      <translation>Wie wahrscheinlich eine Spur ein Objekt sein muss, um verdeckt zu werden, große mehr; niedriger verdeckt mehr. auto: 0.04.</translation>
    </message>
    <message>
      <source>How to go on</source>
      <translation>Wie es weitergeht</translation>
    </message>
    <message>
      <source>If you trust where it came from, turn on “Trust these weights” under More settings.</source>
      <translation>Wenn du der Herkunft vertraust, schalte unter „Weitere Einstellungen“ „Diesen Gewichten vertrauen“ ein.</translation>
    </message>
    <message>
      <source>In the same pass, by the settings of the window</source>
      <translation>Im selben Durchgang, nach den Einstellungen des Fensters</translation>
    </message>
    <message>
      <source>Inference engine.</source>
      <translation>Rechenwerk für das Netz.</translation>
    </message>
    <message>
      <source>Intel (Quick Sync)</source>
      <translation>Intel (Quick Sync)</translation>
    </message>
    <message>
      <source>Into a folder…</source>
      <translation>In einen Ordner…</translation>
    </message>
    <message>
      <source>It could not be followed: {why}</source>
      <translation>Es konnte nicht verfolgt werden: {why}</translation>
    </message>
    <message>
      <source>It finds faces and number plates in clips and pictures and hides them in every frame.</source>
      <translation>Es findet Gesichter und Kennzeichen in Clips und Bildern und verdeckt sie in jedem Bild.</translation>
    </message>
    <message>
      <source>It hides no voices, clothes, names on shops, house numbers or places.</source>
      <translation>Es verdeckt keine Stimmen, Kleidung, Ladennamen, Hausnummern oder Orte.</translation>
    </message>
    <message>
      <source>It is no face or plate, or not wanted any more</source>
      <translation>Es ist kein Gesicht oder Kennzeichen oder nicht mehr gewünscht</translation>
    </message>
    <message>
      <source>It misses some: far, small, covered or turned faces and plates above all. Look before you publish.</source>
      <translation>Manches übersieht es: vor allem ferne, kleine, halb verdeckte oder abgewandte Gesichter und Kennzeichen. Vor dem Veröffentlichen ansehen.</translation>
    </message>
    <message>
      <source>Its name</source>
      <translation>Sein Name</translation>
    </message>
    <message>
      <source>Join over</source>
      <translation>Verbinden über</translation>
    </message>
    <message>
      <source>Keep</source>
      <translation>Behalten</translation>
    </message>
    <message>
      <source>Keep chroma</source>
      <translation>Farbauflösung behalten</translation>
    </message>
    <message>
      <source>Keep clear</source>
      <translation>Sichtbar lassen</translation>
    </message>
    <message>
      <source>Keep the chosen track clear</source>
      <translation>Die gewählte Spur sichtbar lassen</translation>
    </message>
    <message>
      <source>Keep working</source>
      <translation>Weiterarbeiten</translation>
    </message>
    <message>
      <source>Keyboard shortcuts</source>
      <translation>Tastenkürzel</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>Tasten</translation>
    </message>
    <message>
      <source>Label bypass</source>
      <translation>Etikett: sofort ab</translation>
    </message>
    <message>
      <source>Label hits</source>
      <translation>Etikett: Treffer</translation>
    </message>
    <message>
      <source>Label scores</source>
      <translation>Etikett: Werte</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiketten</translation>
    </message>
    <message>
      <source>Labels of whole pictures that ask for a cover, with commas between</source>
      <translation>Etiketten ganzer Bilder, die eine Abdeckung verlangen, mit Kommas getrennt</translation>
    </message>
    <message>
      <source>Larger picture; the wheel does so, too, and the middle button moves it</source>
      <translation>Bild größer; auch mit dem Mausrad, und die mittlere Taste verschiebt es</translation>
    </message>
    <message>
      <source>Largest first</source>
      <translation>Größte zuerst</translation>
    </message>
    <message>
      <source>Largest unsure region</source>
      <translation>Größter unsicherer Bereich</translation>
    </message>
    <message>
      <source>Last frame</source>
      <translation>Letztes Bild</translation>
    </message>
    <message>
      <source>Leave out</source>
      <translation>Weglassen</translation>
    </message>
    <message>
      <source>Leave them out</source>
      <translation>Sie weglassen</translation>
    </message>
    <message>
      <source>Let go to add to the queue</source>
      <translation>Loslassen, um sie in die Warteschlange zu stellen</translation>
    </message>
    <message>
      <source>Let it be replaced, or save the result under another name.</source>
      <translation>Lass es ersetzen oder speichere das Ergebnis unter einem anderen Namen.</translation>
    </message>
    <message>
      <source>Let it last for the marked span</source>
      <translation>Für die markierte Spanne gelten lassen</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>Hell</translation>
    </message>
    <message>
      <source>Link detections over time and fill the gaps; off: frame memory alone.</source>
      <translation>Treffer über die Zeit verknüpfen und Lücken füllen; aus: nur Bildgedächtnis.</translation>
    </message>
    <message>
      <source>Linux (VA-API)</source>
      <translation>Linux (VA-API)</translation>
    </message>
    <message>
      <source>Lists (*.tag);;All files (*)</source>
      <translation>Listen (*.tag);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Live</source>
      <translation>Live</translation>
    </message>
    <message>
      <source>Live frames between two detections at most this far apart leave with their tracks carried on; others wholly covered.</source>
      <translation>Live-Bilder zwischen zwei Erkennungen, die höchstens so weit auseinanderliegen, gehen mit fortgeführten Spuren hinaus; andere ganz verdeckt.</translation>
    </message>
    <message>
      <source>Live sound is silent while the picture is covered wholly.</source>
      <translation>Der Live-Ton ist stumm, solange das Bild ganz verdeckt ist.</translation>
    </message>
    <message>
      <source>Load a foreign .pt although it can run code on this machine; remembered by its hash.</source>
      <translation>Eine fremde .pt-Datei laden, obwohl sie auf diesem Rechner Code ausführen kann; gemerkt an ihrem Hash.</translation>
    </message>
    <message>
      <source>Location tags</source>
      <translation>Ortsangaben</translation>
    </message>
    <message>
      <source>Log file</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Log of this clip</source>
      <translation>Protokoll dieses Clips</translation>
    </message>
    <message>
      <source>Log of {name}</source>
      <translation>Protokoll von {name}</translation>
    </message>
    <message>
      <source>Long side of the picture that the detector sees; larger finds smaller objects and costs more.</source>
      <translation>Lange Seite des Bildes, das der Detektor sieht; größer findet kleinere Objekte und kostet mehr.</translation>
    </message>
    <message>
      <source>Look closer at what is not sure, enlarged, before it is decided whether it is hidden.</source>
      <translation>Was nicht sicher ist, vergrößert genauer ansehen, bevor entschieden wird, ob es verdeckt wird.</translation>
    </message>
    <message>
      <source>Look through</source>
      <translation>Durchsehen</translation>
    </message>
    <message>
      <source>Look through a clip first.</source>
      <translation>Erst einen Clip durchsehen.</translation>
    </message>
    <message>
      <source>Look-ahead</source>
      <translation>Vorausschau</translation>
    </message>
    <message>
      <source>Looking again</source>
      <translation>Sieht noch einmal hin</translation>
    </message>
    <message>
      <source>Looking again {percent} %</source>
      <translation>Sieht noch einmal hin {percent} %</translation>
    </message>
    <message>
      <source>Looking for burned-in text…</source>
      <translation>Eingeblendeter Text wird gesucht …</translation>
    </message>
    <message>
      <source>Looking for faces and plates…</source>
      <translation>Sucht Gesichter und Kennzeichen…</translation>
    </message>
    <message>
      <source>Looking for persons…</source>
      <translation>Personen werden gesucht …</translation>
    </message>
    <message>
      <source>Looking through {clip}…</source>
      <translation>{clip} wird durchgesehen …</translation>
    </message>
    <message>
      <source>Looks at a picture of each second</source>
      <translation>Sieht sich ein Bild jeder Sekunde an</translation>
    </message>
    <message>
      <source>Looks at every clip twice and in pieces. Several times slower.</source>
      <translation>Sieht jeden Clip zweimal und in Stücken an. Mehrfach langsamer.</translation>
    </message>
    <message>
      <source>MB</source>
      <translation>MB</translation>
    </message>
    <message>
      <source>Mark as looked at</source>
      <translation>Als angesehen markieren</translation>
    </message>
    <message>
      <source>Mark the chosen track as checked</source>
      <translation>Die gewählte Spur als angesehen markieren</translation>
    </message>
    <message>
      <source>Maximum care</source>
      <translation>Größte Sorgfalt</translation>
    </message>
    <message>
      <source>Memory after</source>
      <translation>Gedächtnis danach</translation>
    </message>
    <message>
      <source>Memory before</source>
      <translation>Gedächtnis davor</translation>
    </message>
    <message>
      <source>Memory for look-ahead</source>
      <translation>Speicher für die Vorausschau</translation>
    </message>
    <message>
      <source>Merge the chosen cards</source>
      <translation>Gewählte Karten vereinen</translation>
    </message>
    <message>
      <source>Message</source>
      <translation>Meldung</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Mehr</translation>
    </message>
    <message>
      <source>More settings</source>
      <translation>Weitere Einstellungen</translation>
    </message>
    <message>
      <source>Mosaic</source>
      <translation>Mosaik</translation>
    </message>
    <message>
      <source>Most memory that waiting frames may take; a shorter look-ahead is told.</source>
      <translation>So viel Speicher dürfen wartende Bilder höchstens nehmen; eine kürzere Vorausschau wird gemeldet.</translation>
    </message>
    <message>
      <source>Most seen first</source>
      <translation>Häufigste zuerst</translation>
    </message>
    <message>
      <source>Mute</source>
      <translation>Stumm</translation>
    </message>
    <message>
      <source>Mute while covered</source>
      <translation>Stumm, solange verdeckt</translation>
    </message>
    <message>
      <source>NVIDIA (CUDA)</source>
      <translation>NVIDIA (CUDA)</translation>
    </message>
    <message>
      <source>NVIDIA (NVENC)</source>
      <translation>NVIDIA (NVENC)</translation>
    </message>
    <message>
      <source>NVIDIA GPU (cuda:0)</source>
      <translation>NVIDIA-GPU (cuda:0)</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Name in the weights folder or path of a .onnx or .pt; several, separated by commas, work together.</source>
      <translation>Name im Gewichteordner oder Pfad einer .onnx- oder .pt-Datei; mehrere, durch Kommas getrennt, arbeiten zusammen.</translation>
    </message>
    <message>
      <source>Name of the profile:</source>
      <translation>Name des Profils:</translation>
    </message>
    <message>
      <source>Named NAME{suffix}…</source>
      <translation>Namen: NAME{suffix}…</translation>
    </message>
    <message>
      <source>Names of results</source>
      <translation>Namen der Ergebnisse</translation>
    </message>
    <message>
      <source>Name…</source>
      <translation>Name…</translation>
    </message>
    <message>
      <source>Near ones only</source>
      <translation>Nur Nahes</translation>
    </message>
    <message>
      <source>Needs a look</source>
      <translation>Bitte ansehen</translation>
    </message>
    <message>
      <source>Next frame</source>
      <translation>Nächstes Bild</translation>
    </message>
    <message>
      <source>Next frame (Right)</source>
      <translation>Nächstes Bild (Pfeil rechts)</translation>
    </message>
    <message>
      <source>Next weak spot</source>
      <translation>Nächste unsichere Stelle</translation>
    </message>
    <message>
      <source>No GPU engine is installed here, so the processor does the work with OpenVINO.</source>
      <translation>Hier ist kein Rechenwerk für die GPU installiert, also rechnet der Prozessor mit OpenVINO.</translation>
    </message>
    <message>
      <source>No burned-in text found</source>
      <translation>Kein eingeblendeter Text gefunden</translation>
    </message>
    <message>
      <source>No weak spots</source>
      <translation>Keine unsicheren Stellen</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Keiner</translation>
    </message>
    <message>
      <source>Nothing</source>
      <translation>Nichts</translation>
    </message>
    <message>
      <source>Nothing has left yet.</source>
      <translation>Noch ist nichts hinausgegangen.</translation>
    </message>
    <message>
      <source>Nothing is lost; press Resume to go on</source>
      <translation>Nichts ist verloren; „Fortsetzen“ macht weiter</translation>
    </message>
    <message>
      <source>Nothing leaves this computer, and no clip is ever changed: results are new files.</source>
      <translation>Nichts verlässt diesen Rechner, und kein Clip wird je verändert: Ergebnisse sind neue Dateien.</translation>
    </message>
    <message>
      <source>Nothing unfinished stands under a final name.</source>
      <translation>Nichts Unfertiges steht unter einem fertigen Namen.</translation>
    </message>
    <message>
      <source>Nothing was found to hide</source>
      <translation>Nichts zu verdecken gefunden</translation>
    </message>
    <message>
      <source>Number of the video stream to clean, from 1, where a file has several; auto: the longest and largest.</source>
      <translation>Nummer des Videostroms, der bereinigt wird, ab 1, wenn eine Datei mehrere hat; auto: der längste und größte.</translation>
    </message>
    <message>
      <source>Number plates</source>
      <translation>Kennzeichen</translation>
    </message>
    <message>
      <source>ONNX Runtime</source>
      <translation>ONNX Runtime</translation>
    </message>
    <message>
      <source>Of all tracks, hide only those marked so</source>
      <translation>Von allen Spuren nur die so markierten verdecken</translation>
    </message>
    <message>
      <source>One colour</source>
      <translation>Eine Farbe</translation>
    </message>
    <message>
      <source>One second back</source>
      <translation>Eine Sekunde zurück</translation>
    </message>
    <message>
      <source>One second on</source>
      <translation>Eine Sekunde vor</translation>
    </message>
    <message>
      <source>Only large</source>
      <translation>Nur große</translation>
    </message>
    <message>
      <source>Only not looked at</source>
      <translation>Nur nicht angesehene</translation>
    </message>
    <message>
      <source>Only seen once or twice</source>
      <translation>Nur ein- oder zweimal gesehene</translation>
    </message>
    <message>
      <source>Only this</source>
      <translation>Nur dies</translation>
    </message>
    <message>
      <source>Only this is hidden</source>
      <translation>Nur dies wird verdeckt</translation>
    </message>
    <message>
      <source>Only unsure</source>
      <translation>Nur unsichere</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Ordner öffnen</translation>
    </message>
    <message>
      <source>Open list</source>
      <translation>Liste öffnen</translation>
    </message>
    <message>
      <source>Open list…</source>
      <translation>Liste öffnen …</translation>
    </message>
    <message>
      <source>Open log folder</source>
      <translation>Ordner des Protokolls öffnen</translation>
    </message>
    <message>
      <source>Open report</source>
      <translation>Bericht öffnen</translation>
    </message>
    <message>
      <source>Open the review, which asks whether they are to be taken.</source>
      <translation>Die Durchsicht öffnen; sie fragt, ob sie übernommen werden sollen.</translation>
    </message>
    <message>
      <source>OpenVINO</source>
      <translation>OpenVINO</translation>
    </message>
    <message>
      <source>OpenVINO is not installed; another engine on the processor is taken.</source>
      <translation>OpenVINO ist nicht installiert; ein anderes Rechenwerk auf dem Prozessor wird genommen.</translation>
    </message>
    <message>
      <source>Opening the review…</source>
      <translation>Öffnet die Durchsicht…</translation>
    </message>
    <message>
      <source>Opening…</source>
      <translation>Öffnet…</translation>
    </message>
    <message>
      <source>Original</source>
      <translation>Original</translation>
    </message>
    <message>
      <source>Other kinds</source>
      <translation>Andere Arten</translation>
    </message>
    <message>
      <source>Other tags</source>
      <translation>Andere Angaben</translation>
    </message>
    <message>
      <source>Output</source>
      <translation>Ausgabe</translation>
    </message>
    <message>
      <source>Over time</source>
      <translation>Über die Zeit</translation>
    </message>
    <message>
      <source>Overwrite</source>
      <translation>Überschreiben</translation>
    </message>
    <message>
      <source>Own picture</source>
      <translation>Eigenes Bild</translation>
    </message>
    <message>
      <source>Own picture…</source>
      <translation>Eigenes Bild…</translation>
    </message>
    <message>
      <source>Own profile, based on {base}.</source>
      <translation>Eigenes Profil, auf der Grundlage von {base}.</translation>
    </message>
    <message>
      <source>Own value</source>
      <translation>Eigener Wert</translation>
    </message>
    <message>
      <source>Panic key</source>
      <translation>Nottaste</translation>
    </message>
    <message>
      <source>Path and hash</source>
      <translation>Pfad und Hash</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Pause or resume</source>
      <translation>Anhalten oder fortsetzen</translation>
    </message>
    <message>
      <source>Paused</source>
      <translation>Angehalten</translation>
    </message>
    <message>
      <source>Perhaps a {kind}, left clear</source>
      <translation>Vielleicht: {kind}, sichtbar gelassen</translation>
    </message>
    <message>
      <source>Person {n}</source>
      <translation>Person {n}</translation>
    </message>
    <message>
      <source>Picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>Pictures a second that are taken of a screen, or asked of a camera.</source>
      <translation>Bilder je Sekunde, die von einem Bildschirm genommen oder von einer Kamera verlangt werden.</translation>
    </message>
    <message>
      <source>Planning {done} of {all} frames…</source>
      <translation>{done} von {all} Bildern geplant…</translation>
    </message>
    <message>
      <source>Plans and reports tell where everybody is: only you may read them; off: whoever may read the source.</source>
      <translation>Pläne und Berichte verraten, wo jeder ist: nur du darfst sie lesen; aus: wer die Quelle lesen darf.</translation>
    </message>
    <message>
      <source>Plate</source>
      <translation>Kennzeichen</translation>
    </message>
    <message>
      <source>Plates</source>
      <translation>Kennzeichen</translation>
    </message>
    <message>
      <source>Play or stop</source>
      <translation>Abspielen oder anhalten</translation>
    </message>
    <message>
      <source>Play or stop; look at the weak spot</source>
      <translation>Abspielen oder anhalten; die unsichere Stelle ansehen</translation>
    </message>
    <message>
      <source>Play result</source>
      <translation>Ergebnis abspielen</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Rechengenauigkeit</translation>
    </message>
    <message>
      <source>Preview</source>
      <translation>Vorschau</translation>
    </message>
    <message>
      <source>Preview and review</source>
      <translation>Vorschau und Durchsicht</translation>
    </message>
    <message>
      <source>Preview: rest at a frame, and the seconds around it are planned as a run would plan them.</source>
      <translation>Vorschau: Wer bei einem Bild verweilt, sieht die Sekunden darum so geplant, wie ein Lauf sie plant.</translation>
    </message>
    <message>
      <source>Previous frame</source>
      <translation>Voriges Bild</translation>
    </message>
    <message>
      <source>Previous frame (Left)</source>
      <translation>Voriges Bild (Pfeil links)</translation>
    </message>
    <message>
      <source>Previous weak spot</source>
      <translation>Vorige unsichere Stelle</translation>
    </message>
    <message>
      <source>Private plans and reports</source>
      <translation>Pläne und Berichte nur für mich</translation>
    </message>
    <message>
      <source>Processor (CPU)</source>
      <translation>Prozessor (CPU)</translation>
    </message>
    <message>
      <source>Profile</source>
      <translation>Profil</translation>
    </message>
    <message>
      <source>Profile actions</source>
      <translation>Aktionen des Profils</translation>
    </message>
    <message>
      <source>Publish (recommended)</source>
      <translation>Veröffentlichen (empfohlen)</translation>
    </message>
    <message>
      <source>Put back</source>
      <translation>Zurückstellen</translation>
    </message>
    <message>
      <source>PyTorch</source>
      <translation>PyTorch</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Qualität</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>Warteschlange</translation>
    </message>
    <message>
      <source>Quit</source>
      <translation>Beenden</translation>
    </message>
    <message>
      <source>Reading…</source>
      <translation>Liest…</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wiederholen</translation>
    </message>
    <message>
      <source>Region growth</source>
      <translation>Vergrößerung der Bereiche</translation>
    </message>
    <message>
      <source>Regions</source>
      <translation>Bereiche</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Remove all seen at most twice and unsure</source>
      <translation>Alle höchstens zweimal gesehenen, unsicheren entfernen</translation>
    </message>
    <message>
      <source>Remove finished clips</source>
      <translation>Fertige Clips entfernen</translation>
    </message>
    <message>
      <source>Remove from queue</source>
      <translation>Aus der Warteschlange entfernen</translation>
    </message>
    <message>
      <source>Remove the chosen clips from the queue</source>
      <translation>Die gewählten Clips aus der Warteschlange entfernen</translation>
    </message>
    <message>
      <source>Remove the chosen track or drawn region</source>
      <translation>Die gewählte Spur oder den gezeichneten Bereich entfernen</translation>
    </message>
    <message>
      <source>Removed: no {kind}</source>
      <translation>Entfernt: nicht {kind}</translation>
    </message>
    <message>
      <source>Render again</source>
      <translation>Neu rendern</translation>
    </message>
    <message>
      <source>Render again ({style})</source>
      <translation>Neu rendern ({style})</translation>
    </message>
    <message>
      <source>Render again with the edits</source>
      <translation>Mit den Änderungen neu rendern</translation>
    </message>
    <message>
      <source>Rendering</source>
      <translation>Rendert</translation>
    </message>
    <message>
      <source>Renders again from its plan</source>
      <translation>Rendert neu aus seinem Plan</translation>
    </message>
    <message>
      <source>Replace it</source>
      <translation>Ersetzen</translation>
    </message>
    <message>
      <source>Replace outputs that exist; a source never is.</source>
      <translation>Vorhandene Ausgaben ersetzen; eine Quelle nie.</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Bericht</translation>
    </message>
    <message>
      <source>Reset all own values</source>
      <translation>Alle eigenen Werte zurücksetzen</translation>
    </message>
    <message>
      <source>Reset to {value}</source>
      <translation>Zurücksetzen auf {value}</translation>
    </message>
    <message>
      <source>Reset {name}</source>
      <translation>{name} zurücksetzen</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>Ergebnis</translation>
    </message>
    <message>
      <source>Result: {path}</source>
      <translation>Ergebnis: {path}</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Fortsetzen</translation>
    </message>
    <message>
      <source>Review</source>
      <translation>Durchsicht</translation>
    </message>
    <message>
      <source>Review: keep a track clear, draw a box around what was missed, then render again.</source>
      <translation>Durchsicht: eine Spur frei lassen, um Übersehenes einen Rahmen ziehen, dann neu rendern.</translation>
    </message>
    <message>
      <source>Run audit</source>
      <translation>Prüfung starten</translation>
    </message>
    <message>
      <source>Running</source>
      <translation>Ablauf</translation>
    </message>
    <message>
      <source>Safety scores</source>
      <translation>Heikle Inhalte</translation>
    </message>
    <message>
      <source>Save as own profile</source>
      <translation>Als eigenes Profil speichern</translation>
    </message>
    <message>
      <source>Save as own profile…</source>
      <translation>Als eigenes Profil speichern…</translation>
    </message>
    <message>
      <source>Save beside each clip</source>
      <translation>Neben jedem Clip speichern</translation>
    </message>
    <message>
      <source>Save changes to “{name}”</source>
      <translation>Änderungen in „{name}“ speichern</translation>
    </message>
    <message>
      <source>Save or delete own profiles</source>
      <translation>Eigene Profile speichern oder löschen</translation>
    </message>
    <message>
      <source>Save result as</source>
      <translation>Ergebnis speichern als</translation>
    </message>
    <message>
      <source>Save result as…</source>
      <translation>Ergebnis speichern als…</translation>
    </message>
    <message>
      <source>Save results</source>
      <translation>Ergebnisse speichern</translation>
    </message>
    <message>
      <source>Save to {folder}</source>
      <translation>Speichern in {folder}</translation>
    </message>
    <message>
      <source>Say where the pictures come from.</source>
      <translation>Angeben, woher die Bilder kommen.</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Szenen</translation>
    </message>
    <message>
      <source>Scores over time</source>
      <translation>Werte über die Zeit</translation>
    </message>
    <message>
      <source>Sees: {kinds}.</source>
      <translation>Erkennt: {kinds}.</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <source>Settings: turn a dial, and the preview follows. What was started keeps its own settings.</source>
      <translation>Einstellungen: Was man dreht, zeigt die Vorschau. Gestartetes behält seine eigenen Einstellungen.</translation>
    </message>
    <message>
      <source>Shape of face regions.</source>
      <translation>Form der Gesichtsbereiche.</translation>
    </message>
    <message>
      <source>Shape of faces</source>
      <translation>Form der Gesichter</translation>
    </message>
    <message>
      <source>Shape of plate regions.</source>
      <translation>Form der Kennzeichenbereiche.</translation>
    </message>
    <message>
      <source>Shape of plates</source>
      <translation>Form der Kennzeichen</translation>
    </message>
    <message>
      <source>Share</source>
      <translation>Anteil</translation>
    </message>
    <message>
      <source>Share clips out</source>
      <translation>Clips aufteilen</translation>
    </message>
    <message>
      <source>Shots</source>
      <translation>Einstellungen der Kamera</translation>
    </message>
    <message>
      <source>Show or hide the settings</source>
      <translation>Einstellungen zeigen oder verbergen</translation>
    </message>
    <message>
      <source>Show the original while held</source>
      <translation>Beim Halten das Original zeigen</translation>
    </message>
    <message>
      <source>Show the regions</source>
      <translation>Die Bereiche zeigen</translation>
    </message>
    <message>
      <source>Show the result</source>
      <translation>Das Ergebnis zeigen</translation>
    </message>
    <message>
      <source>Shows the file that was written; off: what the settings would make of the clip now</source>
      <translation>Zeigt die geschriebene Datei; aus: was die Einstellungen jetzt aus dem Clip machen würden</translation>
    </message>
    <message>
      <source>Shows the frame as it is while this button, or the key H, is held</source>
      <translation>Zeigt das Bild, wie es ist, solange dieser Knopf oder die Taste H gehalten wird</translation>
    </message>
    <message>
      <source>Slower presets make smaller files of the same quality.</source>
      <translation>Langsamere Voreinstellungen machen kleinere Dateien gleicher Qualität.</translation>
    </message>
    <message>
      <source>Smaller file</source>
      <translation>Kleinere Datei</translation>
    </message>
    <message>
      <source>Smaller picture</source>
      <translation>Bild kleiner</translation>
    </message>
    <message>
      <source>Smallest file</source>
      <translation>Kleinste Datei</translation>
    </message>
    <message>
      <source>So many of the latest scores of a label must pass its threshold.</source>
      <translation>So viele der letzten Werte eines Etiketts müssen über seiner Schwelle liegen.</translation>
    </message>
    <message>
      <source>Soft blur</source>
      <translation>Weichzeichner</translation>
    </message>
    <message>
      <source>Software</source>
      <translation>Software</translation>
    </message>
    <message>
      <source>Solid</source>
      <translation>Einfarbig</translation>
    </message>
    <message>
      <source>Somebody who agreed to be shown; for the marked span where there is one</source>
      <translation>Jemand, der der Aufnahme zugestimmt hat; für die markierte Spanne, wo es eine gibt</translation>
    </message>
    <message>
      <source>Something went wrong</source>
      <translation>Etwas ist schiefgegangen</translation>
    </message>
    <message>
      <source>Sort cards</source>
      <translation>Karten sortieren</translation>
    </message>
    <message>
      <source>Sound</source>
      <translation>Ton</translation>
    </message>
    <message>
      <source>Sound cannot be played: {why}</source>
      <translation>Ton kann nicht abgespielt werden: {why}</translation>
    </message>
    <message>
      <source>Sound off</source>
      <translation>Ton aus</translation>
    </message>
    <message>
      <source>Sound on</source>
      <translation>Ton an</translation>
    </message>
    <message>
      <source>Sound on or off</source>
      <translation>Ton an oder aus</translation>
    </message>
    <message>
      <source>Sound, subtitles and everything else stay as they were; positions and unknown data are left out.</source>
      <translation>Ton, Untertitel und alles andere bleiben, wie sie waren; Standorte und unbekannte Daten werden weggelassen.</translation>
    </message>
    <message>
      <source>Source in the report</source>
      <translation>Quelle im Bericht</translation>
    </message>
    <message>
      <source>Split the chosen card</source>
      <translation>Gewählte Karte teilen</translation>
    </message>
    <message>
      <source>Squares of {n} px</source>
      <translation>Quadrate von {n} px</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Start</translation>
    </message>
    <message>
      <source>Start again</source>
      <translation>Neu starten</translation>
    </message>
    <message>
      <source>Start of a span</source>
      <translation>Anfang einer Spanne</translation>
    </message>
    <message>
      <source>Started: {what}</source>
      <translation>Gestartet: {what}</translation>
    </message>
    <message>
      <source>Starting</source>
      <translation>Startet</translation>
    </message>
    <message>
      <source>Stays clear</source>
      <translation>Bleibt sichtbar</translation>
    </message>
    <message>
      <source>Stays clear for a part</source>
      <translation>Bleibt für einen Teil sichtbar</translation>
    </message>
    <message>
      <source>Stays clear where sure ({n} %)</source>
      <translation>Bleibt sichtbar, wo sicher ({n} %)</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Stop after this clip</source>
      <translation>Nach diesem Clip anhalten</translation>
    </message>
    <message>
      <source>Stop and close</source>
      <translation>Anhalten und schließen</translation>
    </message>
    <message>
      <source>Stop the running clip and close?</source>
      <translation>Den laufenden Clip anhalten und schließen?</translation>
    </message>
    <message>
      <source>Stop what is under way and close?</source>
      <translation>Anhalten, was läuft, und schließen?</translation>
    </message>
    <message>
      <source>Stop; the next start continues</source>
      <translation>Anhalten; der nächste Start macht weiter</translation>
    </message>
    <message>
      <source>Stopped</source>
      <translation>Angehalten</translation>
    </message>
    <message>
      <source>Stopping…</source>
      <translation>Hält an…</translation>
    </message>
    <message>
      <source>Style</source>
      <translation>Stil</translation>
    </message>
    <message>
      <source>Take them</source>
      <translation>Übernehmen</translation>
    </message>
    <message>
      <source>Take them only if you know who made them. Until then they hide, and uncover nothing.</source>
      <translation>Übernimm sie nur, wenn du weißt, von wem sie sind. Bis dahin verdecken sie, decken aber nichts auf.</translation>
    </message>
    <message>
      <source>Tell from hidden share</source>
      <translation>Melden ab verdecktem Anteil</translation>
    </message>
    <message>
      <source>Text that the camera wrote into the picture: none of it is hidden (only told), the position, or all.</source>
      <translation>Text, den die Kamera ins Bild geschrieben hat: nichts davon wird verdeckt (nur gemeldet), die Position oder alles.</translation>
    </message>
    <message>
      <source>Texts that are no speech</source>
      <translation>Texte, die keine Sprache sind</translation>
    </message>
    <message>
      <source>The audit begins when what runs now is done.</source>
      <translation>Die Prüfung beginnt, wenn fertig ist, was jetzt läuft.</translation>
    </message>
    <message>
      <source>The best weights that are there.</source>
      <translation>Die besten Gewichte, die da sind.</translation>
    </message>
    <message>
      <source>The edits beside this plan were not made here: {what}.</source>
      <translation>Die Änderungen neben diesem Plan wurden nicht hier gemacht: {what}.</translation>
    </message>
    <message>
      <source>The frame as it is, with the regions drawn</source>
      <translation>Das Bild, wie es ist, mit eingezeichneten Bereichen</translation>
    </message>
    <message>
      <source>The frame with its regions hidden</source>
      <translation>Das Bild mit verdeckten Bereichen</translation>
    </message>
    <message>
      <source>The least share of a block's pictures that match</source>
      <translation>Der kleinste Anteil passender Bilder eines Blocks</translation>
    </message>
    <message>
      <source>The longest gap within a block</source>
      <translation>Die längste Lücke in einem Block</translation>
    </message>
    <message>
      <source>The machine may go to sleep during a run; {command} prevents it.</source>
      <translation>Der Rechner kann während eines Laufs einschlafen; {command} verhindert das.</translation>
    </message>
    <message>
      <source>The number of latest scores among which hits are counted.</source>
      <translation>Die Zahl der letzten Werte, unter denen Treffer gezählt werden.</translation>
    </message>
    <message>
      <source>The picture that style picture puts over regions.</source>
      <translation>Das Bild, das der Stil „Eigenes Bild“ über Bereiche legt.</translation>
    </message>
    <message>
      <source>The position</source>
      <translation>Die Position</translation>
    </message>
    <message>
      <source>The queue is empty</source>
      <translation>Die Warteschlange ist leer</translation>
    </message>
    <message>
      <source>The report below helps to fix it. It may name your files: read it before you send it.</source>
      <translation>Der Bericht unten hilft, es zu beheben. Er kann deine Dateien nennen: lies ihn, bevor du ihn sendest.</translation>
    </message>
    <message>
      <source>The run has ended.</source>
      <translation>Der Lauf ist zu Ende.</translation>
    </message>
    <message>
      <source>The shortest block that counts</source>
      <translation>Der kürzeste Block, der zählt</translation>
    </message>
    <message>
      <source>The sound output does not answer.</source>
      <translation>Die Tonausgabe antwortet nicht.</translation>
    </message>
    <message>
      <source>The weak spot is nothing</source>
      <translation>Die unsichere Stelle ist nichts</translation>
    </message>
    <message>
      <source>The whole picture</source>
      <translation>Ganzes Bild</translation>
    </message>
    <message>
      <source>The window met an error that it did not expect. Running jobs go on; no clip was passed through unhidden.</source>
      <translation>Das Fenster stieß auf einen unerwarteten Fehler. Laufende Aufträge gehen weiter; kein Clip ging unverdeckt hindurch.</translation>
    </message>
    <message>
      <source>There is no sound output.</source>
      <translation>Es gibt keine Tonausgabe.</translation>
    </message>
    <message>
      <source>This clip can be reviewed when it is done.</source>
      <translation>Dieser Clip kann durchgesehen werden, wenn er fertig ist.</translation>
    </message>
    <message>
      <source>This clip cannot be reviewed.</source>
      <translation>Dieser Clip kann nicht durchgesehen werden.</translation>
    </message>
    <message>
      <source>This frame alone</source>
      <translation>Nur dieses Bild</translation>
    </message>
    <message>
      <source>This list</source>
      <translation>Diese Liste</translation>
    </message>
    <message>
      <source>Thorough</source>
      <translation>Gründlich</translation>
    </message>
    <message>
      <source>Threads</source>
      <translation>Threads</translation>
    </message>
    <message>
      <source>Threads of decoder, detector and encoder each; 0: the machine's.</source>
      <translation>Threads von Dekodierer, Detektor und Kodierer; 0: die des Rechners.</translation>
    </message>
    <message>
      <source>Threshold</source>
      <translation>Schwelle</translation>
    </message>
    <message>
      <source>Threshold for faces</source>
      <translation>Schwelle für Gesichter</translation>
    </message>
    <message>
      <source>Threshold for faces alone; auto: as threshold.</source>
      <translation>Schwelle nur für Gesichter; auto: wie die Erkennungsschwelle.</translation>
    </message>
    <message>
      <source>Threshold for number plates alone; auto: as threshold.</source>
      <translation>Schwelle nur für Kennzeichen; auto: wie die Erkennungsschwelle.</translation>
    </message>
    <message>
      <source>Threshold for plates</source>
      <translation>Schwelle für Kennzeichen</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Kacheln</translation>
    </message>
    <message>
      <source>Timeline</source>
      <translation>Zeitleiste</translation>
    </message>
    <message>
      <source>To</source>
      <translation>Nach</translation>
    </message>
    <message>
      <source>Told: more than this share of the picture hidden on average, or twice as much by one region.</source>
      <translation>Gemeldet wird: im Mittel mehr als dieser Anteil des Bildes verdeckt, oder doppelt so viel durch einen Bereich.</translation>
    </message>
    <message>
      <source>Total progress</source>
      <translation>Fortschritt insgesamt</translation>
    </message>
    <message>
      <source>Tracking</source>
      <translation>Verfolgung</translation>
    </message>
    <message>
      <source>Tracks</source>
      <translation>Spuren</translation>
    </message>
    <message>
      <source>Trust these weights</source>
      <translation>Diesen Gewichten vertrauen</translation>
    </message>
    <message>
      <source>Try a sample clip</source>
      <translation>Beispielclip ausprobieren</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Unsure first</source>
      <translation>Unsichere zuerst</translation>
    </message>
    <message>
      <source>Usual</source>
      <translation>Üblich</translation>
    </message>
    <message>
      <source>Very far ones too</source>
      <translation>Sehr Fernes</translation>
    </message>
    <message>
      <source>Video stream</source>
      <translation>Videostrom</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>Wartet</translation>
    </message>
    <message>
      <source>Weak spot</source>
      <translation>Unsichere Stelle</translation>
    </message>
    <message>
      <source>Weights</source>
      <translation>Gewichte</translation>
    </message>
    <message>
      <source>What becomes of them</source>
      <translation>Was daraus wird</translation>
    </message>
    <message>
      <source>What decodes; hardware is tried at the start, and software takes its place where it does not work.</source>
      <translation>Was dekodiert; Hardware wird am Anfang probiert, und wo sie nicht geht, tritt Software an ihre Stelle.</translation>
    </message>
    <message>
      <source>What encodes; hardware is tried at the start, and software takes its place where it does not work.</source>
      <translation>Was kodiert; Hardware wird am Anfang probiert, und wo sie nicht geht, tritt Software an ihre Stelle.</translation>
    </message>
    <message>
      <source>What happened</source>
      <translation>Was geschah</translation>
    </message>
    <message>
      <source>What is hidden</source>
      <translation>Was verdeckt wird</translation>
    </message>
    <message>
      <source>What is kept of what is stripped by default: location, tags, data, subtitles, cover, attachments.</source>
      <translation>Was von dem behalten wird, das sonst entfernt wird: location, tags, data, subtitles, cover, attachments.</translation>
    </message>
    <message>
      <source>What is told apart</source>
      <translation>Was unterschieden wird</translation>
    </message>
    <message>
      <source>What it cannot do</source>
      <translation>Was es nicht kann</translation>
    </message>
    <message>
      <source>What it does</source>
      <translation>Was es tut</translation>
    </message>
    <message>
      <source>What leaves</source>
      <translation>Was hinausgeht</translation>
    </message>
    <message>
      <source>What results are called: the clip's name and</source>
      <translation>So heißen Ergebnisse: der Name des Clips und</translation>
    </message>
    <message>
      <source>What the report tells of the source: its path and hash, its name, or nothing.</source>
      <translation>Was der Bericht von der Quelle verrät: Pfad und Hash, den Namen oder nichts.</translation>
    </message>
    <message>
      <source>What was analysed is kept: the next start continues where it stopped.</source>
      <translation>Was analysiert wurde, bleibt erhalten: der nächste Start macht dort weiter.</translation>
    </message>
    <message>
      <source>What was started keeps the settings it was started with. Changed ones count from the next start.</source>
      <translation>Was läuft oder ansteht, behält die Einstellungen seines Starts. Geänderte Einstellungen gelten ab dem nächsten Start.</translation>
    </message>
    <message>
      <source>Where it runs: auto, cpu, gpu, cuda:0, mps.</source>
      <translation>Wo gerechnet wird: auto, cpu, gpu, cuda:0, mps.</translation>
    </message>
    <message>
      <source>Who or what is this?</source>
      <translation>Wer oder was ist das?</translation>
    </message>
    <message>
      <source>Whole frame</source>
      <translation>Ganzes Bild</translation>
    </message>
    <message>
      <source>Width of the soft edge outside a region, as a part of the region's short side.</source>
      <translation>Breite des weichen Randes um einen Bereich, als Teil seiner kurzen Seite.</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>Fenster</translation>
    </message>
    <message>
      <source>Windows (D3D11)</source>
      <translation>Windows (D3D11)</translation>
    </message>
    <message>
      <source>Write 4:2:2 and 4:4:4 sources as they are; many players show only 4:2:0.</source>
      <translation>Quellen in 4:2:2 und 4:4:4 so schreiben, wie sie sind; viele Abspieler zeigen nur 4:2:0.</translation>
    </message>
    <message>
      <source>Write the result anew with your edits; nothing is detected again</source>
      <translation>Das Ergebnis mit deinen Änderungen neu schreiben; nichts wird neu erkannt</translation>
    </message>
    <message>
      <source>Written: {file}</source>
      <translation>Geschrieben: {file}</translation>
    </message>
    <message>
      <source>Your edits are not saved: {why}</source>
      <translation>Deine Änderungen sind nicht gespeichert: {why}</translation>
    </message>
    <message>
      <source>Your edits are saved now.</source>
      <translation>Deine Änderungen sind jetzt gespeichert.</translation>
    </message>
    <message>
      <source>about {h} h {m} min</source>
      <translation>etwa {h} h {m} min</translation>
    </message>
    <message>
      <source>about {n} min</source>
      <translation>etwa {n} min</translation>
    </message>
    <message>
      <source>about {n} s</source>
      <translation>etwa {n} s</translation>
    </message>
    <message>
      <source>auto</source>
      <translation>auto</translation>
    </message>
    <message>
      <source>auto: H.264, or H.265 for a 10-bit or HDR source and for sides above 4096 px.</source>
      <translation>auto: H.264, oder H.265 bei 10 Bit oder HDR und bei Seiten über 4096 px.</translation>
    </message>
    <message>
      <source>auto: {values}</source>
      <translation>auto: {values}</translation>
    </message>
    <message>
      <source>bfloat16</source>
      <translation>bfloat16</translation>
    </message>
    <message>
      <source>blurred</source>
      <translation>unscharf</translation>
    </message>
    <message>
      <source>dropped</source>
      <translation>weggelassen</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>nicht bestanden</translation>
    </message>
    <message>
      <source>fps</source>
      <translation>Bilder/s</translation>
    </message>
    <message>
      <source>frames</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>lower left</source>
      <translation>unten links</translation>
    </message>
    <message>
      <source>lower middle</source>
      <translation>unten Mitte</translation>
    </message>
    <message>
      <source>lower right</source>
      <translation>unten rechts</translation>
    </message>
    <message>
      <source>muted</source>
      <translation>stumm</translation>
    </message>
    <message>
      <source>needs a look</source>
      <translation>bitte ansehen</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>nothing found here</source>
      <translation>hier nichts gefunden</translation>
    </message>
    <message>
      <source>nothing hidden here</source>
      <translation>hier nichts verdeckt</translation>
    </message>
    <message>
      <source>nothing in this frame</source>
      <translation>nichts in diesem Bild</translation>
    </message>
    <message>
      <source>of the picture</source>
      <translation>des Bildes</translation>
    </message>
    <message>
      <source>passed</source>
      <translation>bestanden</translation>
    </message>
    <message>
      <source>px</source>
      <translation>px</translation>
    </message>
    <message>
      <source>regions drawn by hand</source>
      <translation>von Hand gezeichnete Bereiche</translation>
    </message>
    <message>
      <source>s</source>
      <translation>s</translation>
    </message>
    <message>
      <source>seconds</source>
      <translation>Sekunden</translation>
    </message>
    <message>
      <source>such as {what}</source>
      <translation>etwa {what}</translation>
    </message>
    <message>
      <source>upper left</source>
      <translation>oben links</translation>
    </message>
    <message>
      <source>upper middle</source>
      <translation>oben Mitte</translation>
    </message>
    <message>
      <source>upper right</source>
      <translation>oben rechts</translation>
    </message>
    <message>
      <source>{done} of {all} done</source>
      <translation>{done} von {all} fertig</translation>
    </message>
    <message>
      <source>{found}; what was said of persons before is gone, undo brings it back</source>
      <translation>{found}; was du vorher über Personen gesagt hast, ist weg, Rückgängig holt es zurück</translation>
    </message>
    <message>
      <source>{fps} fps</source>
      <translation>{fps} Bilder/s</translation>
    </message>
    <message>
      <source>{fps} frames a second, {latency} ms, {covered} % covered, {late} late; {size} px, {device}</source>
      <translation>{fps} Bilder je Sekunde, {latency} ms, {covered} % verdeckt, {late} zu spät; {size} px, {device}</translation>
    </message>
    <message>
      <source>{hide}: hide, {nothing}: it is nothing, {look}: look</source>
      <translation>{hide}: verdecken, {nothing}: es ist nichts, {look}: ansehen</translation>
    </message>
    <message>
      <source>{h} h {m} min left</source>
      <translation>noch {h} h {m} min</translation>
    </message>
    <message>
      <source>{n} % sure</source>
      <translation>{n} % sicher</translation>
    </message>
    <message numerus="yes">
      <source>{n} cards removed</source>
      <translation>
        <numerusform>{n} Karte entfernt</numerusform>
        <numerusform>{n} Karten entfernt</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} clips are in the queue already.</source>
      <translation>
        <numerusform>{n} Clip ist schon in der Warteschlange.</numerusform>
        <numerusform>{n} Clips sind schon in der Warteschlange.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} clips from last time are back in the queue.</source>
      <translation>
        <numerusform>{n} Clip vom letzten Mal ist wieder in der Warteschlange.</numerusform>
        <numerusform>{n} Clips vom letzten Mal sind wieder in der Warteschlange.</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} drawn</source>
      <translation>{n} gezeichnet</translation>
    </message>
    <message numerus="yes">
      <source>{n} faces</source>
      <translation>
        <numerusform>{n} Gesicht</numerusform>
        <numerusform>{n} Gesichter</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} failed</source>
      <translation>{n} fehlgeschlagen</translation>
    </message>
    <message numerus="yes">
      <source>{n} files are neither clip nor picture and were left aside.</source>
      <translation>
        <numerusform>{n} Datei ist weder Clip noch Bild und blieb beiseite.</numerusform>
        <numerusform>{n} Dateien sind weder Clip noch Bild und blieben beiseite.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} files are results of earlier runs and were left aside.</source>
      <translation>
        <numerusform>{n} Datei ist das Ergebnis eines früheren Laufs und blieb beiseite.</numerusform>
        <numerusform>{n} Dateien sind Ergebnisse früherer Läufe und blieben beiseite.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} files written</source>
      <translation>
        <numerusform>{n} Datei geschrieben</numerusform>
        <numerusform>{n} Dateien geschrieben</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} findings</source>
      <translation>
        <numerusform>{n} Befund</numerusform>
        <numerusform>{n} Befunde</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} lesser ones</source>
      <translation>
        <numerusform>{n} geringere</numerusform>
        <numerusform>{n} geringere</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} min left</source>
      <translation>noch {n} min</translation>
    </message>
    <message numerus="yes">
      <source>{n} need a look</source>
      <translation>
        <numerusform>{n} bitte ansehen</numerusform>
        <numerusform>{n} bitte ansehen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} notes</source>
      <translation>
        <numerusform>{n} Hinweis</numerusform>
        <numerusform>{n} Hinweise</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} of {all} looked at</source>
      <translation>{n} von {all} angesehen</translation>
    </message>
    <message numerus="yes">
      <source>{n} own values.</source>
      <translation>
        <numerusform>{n} eigener Wert.</numerusform>
        <numerusform>{n} eigene Werte.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} persons found</source>
      <translation>
        <numerusform>{n} Person gefunden</numerusform>
        <numerusform>{n} Personen gefunden</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{n} plates</source>
      <translation>
        <numerusform>{n} Kennzeichen</numerusform>
        <numerusform>{n} Kennzeichen</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} regions hidden</source>
      <translation>{n} Bereiche verdeckt</translation>
    </message>
    <message>
      <source>{n} s in blocks</source>
      <translation>{n} s in Blöcken</translation>
    </message>
    <message>
      <source>{n} s left</source>
      <translation>noch {n} s</translation>
    </message>
    <message>
      <source>{n} tracks</source>
      <translation>{n} Spuren</translation>
    </message>
    <message>
      <source>{n} tracks marked as looked at</source>
      <translation>{n} Spuren als angesehen markiert</translation>
    </message>
    <message numerus="yes">
      <source>{n} weak spots</source>
      <translation>
        <numerusform>{n} unsichere Stelle</numerusform>
        <numerusform>{n} unsichere Stellen</numerusform>
      </translation>
    </message>
    <message>
      <source>{n}×</source>
      <translation>{n}×</translation>
    </message>
    <message>
      <source>{phase} {percent} %</source>
      <translation>{phase} {percent} %</translation>
    </message>
    <message>
      <source>{suffix} cannot be part of a file's name.</source>
      <translation>{suffix} kann kein Teil eines Dateinamens sein.</translation>
    </message>
    <message>
      <source>{what} hidden</source>
      <translation>{what} verdeckt</translation>
    </message>
  </context>
</TS>
