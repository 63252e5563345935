"""Every name a guest may import from the hub, and nothing else."""

from hub.config.faults import Fault, did_you_mean
from hub.kernel.actions import Carried
from hub.kernel.clock import Clock, Timer
from hub.kernel.journal import event_data, plain
from hub.model.calls import Action, Call
from hub.model.errors import (
    ActionRefused,
    AuthFailed,
    ConfigError,
    DeliveryFailed,
    DeliveryRefused,
    HubError,
    NotReady,
)
from hub.model.events import (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmsEnded,
    Event,
    Evidence,
    HubStarted,
    HubStopping,
    Named,
    ProblemCleared,
    ProblemRaised,
    Severity,
    StateChanged,
    StateRemoved,
    StateReported,
    event_fields,
    kind_of,
)
from hub.model.identity import derive_id, new_id
from hub.model.people import Address, Delivery, Notice, Person
from hub.model.things import Area, Device, Entity, State, Value, slug, text_of
from hub.people import AudienceFault, Directory, parse_audience, unknown_names
from hub.plugins.hookspecs import hookimpl
from hub.plugins.integration import Analyzer, Channel, Finding, Integration, Known, Reference
from hub.plugins.link import Link, Point, Receipt
from hub.plugins.ports import (
    Broker,
    Found,
    FrameAnalyzer,
    Message,
    MessageHandler,
    Pictures,
    ReadingReceived,
    Sender,
)
from hub.plugins.reading import ReadSection, find_analyzer, read_section
from hub.plugins.worker_child import Pipe
from hub.plugins.workers import Worker, WorkerSpec
from hub.store.unit import Outcome, Unit

__all__ = [
    "Action",
    "ActionRefused",
    "Address",
    "Alarm",
    "AlarmAcknowledged",
    "AlarmClosed",
    "AlarmsEnded",
    "Analyzer",
    "Area",
    "AudienceFault",
    "AuthFailed",
    "Broker",
    "Call",
    "Carried",
    "Channel",
    "Clock",
    "ConfigError",
    "Delivery",
    "DeliveryFailed",
    "DeliveryRefused",
    "Device",
    "Directory",
    "Entity",
    "Event",
    "Evidence",
    "Fault",
    "Finding",
    "Found",
    "FrameAnalyzer",
    "HubError",
    "HubStarted",
    "HubStopping",
    "Integration",
    "Known",
    "Link",
    "Message",
    "MessageHandler",
    "Named",
    "NotReady",
    "Notice",
    "Outcome",
    "Person",
    "Pictures",
    "Pipe",
    "Point",
    "ProblemCleared",
    "ProblemRaised",
    "ReadSection",
    "ReadingReceived",
    "Receipt",
    "Reference",
    "Sender",
    "Severity",
    "State",
    "StateChanged",
    "StateRemoved",
    "StateReported",
    "Timer",
    "Unit",
    "Value",
    "Worker",
    "WorkerSpec",
    "derive_id",
    "did_you_mean",
    "event_data",
    "event_fields",
    "find_analyzer",
    "hookimpl",
    "kind_of",
    "new_id",
    "parse_audience",
    "plain",
    "read_section",
    "slug",
    "text_of",
    "unknown_names",
]
