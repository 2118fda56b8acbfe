"""Every mail that is shipped, opened in Chromium: looked at, measured, and kept as pictures in build/pictures/."""
