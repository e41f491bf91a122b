"""A web page for correcting masks, those of lowest trust first: `tag2mask review`.

`source` provides the photos and masks, `annotations` stores corrected masks, `proposals` computes
the responses to clicks, `server` and `routes` serve the page in `static/`, and `guard` rejects
requests from elsewhere.
"""
