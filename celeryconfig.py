"""Celery's configuration: the broker, the queues and the beat schedule (docs/architecture.md, "Processes")."""

from kombu import Queue

from manufacturing.settings import Settings
from manufacturing.worker.broker import broker_url as _broker_url

broker_url = _broker_url(Settings.from_environment())
broker_connection_retry_on_startup = True
# A message is a hint, kept on the broker for seconds: one that was lost with its worker may come back soon.
broker_transport_options = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
broker_connection_max_retries = None

task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_default_queue = "control"
task_queues = (Queue("control"), Queue("ships"), Queue("polls"))
task_serializer = "json"
accept_content = ["json"]
timezone = "UTC"
enable_utc = True

worker_prefetch_multiplier = 1
worker_send_task_events = True
task_send_sent_event = True
worker_hijack_root_logger = False
worker_cancel_long_running_tasks_on_connection_loss = False
worker_enable_remote_control = True

imports = ("manufacturing.worker.tasks",)

# Wall time. A tick that could not run before the next one is of no use any more.
beat_schedule = {
    "sweep the due queue": {"task": "manufacturing.sweep", "schedule": 1.0, "options": {"expires": 2}},
    "coordinate": {"task": "manufacturing.tick", "schedule": 2.0, "options": {"expires": 4}},
    "scan markets": {"task": "manufacturing.scan", "schedule": 5.0, "options": {"expires": 10, "queue": "polls"}},
    "recover": {"task": "manufacturing.recover", "schedule": 15.0, "options": {"expires": 15}},
    "expire reservations": {
        "task": "manufacturing.expire_reservations",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "store API usage": {"task": "manufacturing.store_usage", "schedule": 5.0, "options": {"expires": 5}},
    "reconcile credits": {"task": "manufacturing.reconcile", "schedule": 60.0, "options": {"expires": 30}},
}
