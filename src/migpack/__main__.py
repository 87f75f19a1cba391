"""`python -m migpack`"""

from migpack.cli import main

if __name__ == "__main__":
    main()
