"""What all HTML pages share: templates, style sheet, words and SVG shapes."""
