"""python -m assetctl"""

from assetctl.cli.main import main

main()
