"""`python -m flexopt`: the command line, also where its program is not on the path."""

from flexopt.cli import main

if __name__ == "__main__":
    main()
