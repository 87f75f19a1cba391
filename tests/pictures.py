"""Make the pictures of docs/pictures/ from real documents of the rich sample. Run by `make pictures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pypdfium2
from PIL import Image, ImageOps

import samples
from migpack.plan import Wanted

PAGES = (
    ("3-checklists/checklist-practice-staff", 3),
    ("2-business-case/business-justification-form", 1),
    ("7-patients/1-letters/letter-to-patients", 1),
)
SHOWN = Wanted(frozenset(("checklist.practice_staff", "business_case", "letter", "timeline")))
HEIGHT = 760


def main() -> None:
    """Write docs/pictures/pack.png: three real pages side by side, and timeline.png: the wall timeline."""
    target = Path(__file__).parents[1] / "docs" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pack = samples.built(samples.SAMPLES["rich"], Path(folder), wanted=SHOWN)
        pages = [_page(pack.folder / f"{name}.pdf", number) for name, number in PAGES]
        strip = Image.new("RGB", (sum(page.width for page in pages) + 20 * (len(pages) + 1), HEIGHT + 42), "#e8edee")
        left = 20
        for page in pages:
            strip.paste(page, (left, 20))
            left += page.width + 20
        strip.save(target / "pack.png", optimize=True)
        _page(pack.folder / "1-plan" / "timeline.pdf", 1, 900).save(target / "timeline.png", optimize=True)


def _page(path: Path, number: int, height: int = HEIGHT) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    page = document[number - 1]
    picture = page.render(scale=height / page.get_height(), may_draw_forms=True).to_pil().convert("RGB")
    return ImageOps.expand(picture, 1, "#aeb7bd")


if __name__ == "__main__":
    main()
