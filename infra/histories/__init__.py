"""Published histories of real shops, turned into files of events to rehearse on (docs/rehearsal.md).

Each is an example of how to turn a shop's own export into what `POST /v1/events` takes.
"""
