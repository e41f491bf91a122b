"""The page where a person corrects masks, least trusted first: `tag2mask review`.

`source` is what is looked at, `annotations` what is saved, `proposals` answers clicks, `server`
and `routes` bring them to the page in `static/`, `guard` keeps others out.
"""
