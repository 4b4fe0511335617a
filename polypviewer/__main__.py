"""`python -m polypviewer`."""

from polypviewer.cli import main

if __name__ == "__main__":
    main()
