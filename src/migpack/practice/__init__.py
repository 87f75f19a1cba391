"""What a practice writes: the models behind practice.yaml, which also give its JSON Schema.

Everything but the name, the ODS code, the two systems and the go-live date may be left out; a missing fact becomes a
marked gap in the draft. Unknown keys are refused. A plain text stands for a person's or an organisation's name.

* `file`: the practice file as a whole, with what was accepted and approved
* `organisations`: who the practice is, who helps it, and from which system it moves to which
* `dates`: when
* `cutover`: what the practice decides for the cutover, and for what may go wrong
* `third_parties`: who outside must be told
* `business_case`: why the practice changes its system, and what it costs
* `messages`: how patients and others are written to
* `recipients`: which patient gets which letter
* `base`: what every part is built from
"""

from migpack.practice.base import Contact
from migpack.practice.business_case import BusinessCase
from migpack.practice.dates import MilestoneDate
from migpack.practice.file import Acceptance, PracticeFile
from migpack.practice.messages import Mail
from migpack.practice.organisations import Practice, System
from migpack.practice.recipients import ColumnSays, Consent, Recipients
from migpack.practice.third_parties import ThirdParty

__all__ = [
    "Acceptance", "BusinessCase", "ColumnSays", "Consent", "Contact", "Mail", "MilestoneDate", "Practice", "PracticeFile", "Recipients",
    "System", "ThirdParty",
]  # fmt: skip
