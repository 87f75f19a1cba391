"""What the library's YAML files hold: the content models behind `checklists/` and `templates/catalogue.yaml`.

One model a file, frozen; unknown keys are refused. Dates stand as phrases (`migpack.phrases`), authority as source ids.

* `timeline`: when things happen, and which dates go together
* `checklists`: what must be done, by whom and by when
* `cutover`: what happens while the systems change over
* `third_parties`: who outside must be told, and what is asked of them
* `business_case`: what the business justification form asks and offers
* `lists`: the rows of tables and forms
* `messages`: what patients must be told, and how words for them are written
* `catalogue`: which documents there are, and whose approval they need
* `known`: the sources, roles, traits and clinical systems that all of these name by id
* `base`: what every content file is built from
"""

from migpack.content.base import Conditional, Content, Ids, LengthText, OffsetText, Texts
from migpack.content.business_case import BusinessCaseContent, Choice
from migpack.content.catalogue import Catalogue, DocumentSpec
from migpack.content.checklists import Checklist, ChecklistPhase, Item
from migpack.content.cutover import Activities, Activity, Criterion, CutoverContent
from migpack.content.known import KnownSystem, KnownSystems, Role, Roles, Source, Sources, Trait, Traits
from migpack.content.lists import DataChecks, RowList
from migpack.content.messages import Element, MergeField, Messages, WritingRules
from migpack.content.third_parties import PartyKind, PartyKinds
from migpack.content.timeline import DayKind, MilestoneRule, OrderingRule, Timeline

__all__ = [
    "Activities", "Activity", "BusinessCaseContent", "Catalogue", "Checklist", "ChecklistPhase", "Choice", "Conditional", "Content",
    "Criterion", "CutoverContent", "DataChecks", "DayKind", "DocumentSpec", "Element", "Ids", "Item", "KnownSystem", "KnownSystems",
    "LengthText", "MergeField", "Messages", "MilestoneRule", "OffsetText", "OrderingRule", "PartyKind", "PartyKinds", "Role", "Roles",
    "RowList", "Source", "Sources", "Texts", "Timeline", "Trait", "Traits", "WritingRules",
]  # fmt: skip
