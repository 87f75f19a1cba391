"""`python -m migpack`"""

from migpack.cli import main

main()
