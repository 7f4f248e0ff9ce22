"""People: whose face a track shows, found again within a clip and over several, so that a user can choose by person.

    frames, observations ─► FaceSampler ─► samples ─┐
    observations ─────────► segments ───────────────┴► group_people ─► Persons ─► edits

Nobody is judged and nobody is named: tracks are grouped by likeness, and the user says who is hidden. Embeddings are
biometric data: they live in memory, and in a file only where a user asks for a saved set (`people.saved`).
"""
