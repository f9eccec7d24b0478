"""Prints what the tools of other systems say of each export: python -m tests.formats.figures"""

from tests.formats.asking import Validator
from tests.live.test_exports_valid import BY_TOOL, documents


def main() -> None:
    validator = Validator()
    versions = validator.versions()
    print("format      tool                            plant    bytes    faults")
    for format, package in BY_TOOL.items():
        for plant, text in documents(format).items():
            faults = validator.faults(format, text)
            print(f"{format:11} {package + ' ' + versions[package]:31} {plant:8} {len(text):8} {len(faults)}")
            for fault in faults[:3]:
                print(f"    {fault}")
    validator.close()


if __name__ == "__main__":
    main()
