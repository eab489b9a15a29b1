"""Turn what NATS tells of a stream or a consumer into the configuration that it is to have.

nats stream info STREAM --json | config.py DOMAIN: a mirror of the stream, which is in that domain.
nats stream info STREAM --json | config.py: the mirror, promoted.
nats consumer info STREAM CONSUMER --json | config.py: the consumer at the other end, from its ack
floor on.
"""

import json
import sys

# A mirror has no subjects. Whoever promotes it needs them, and the origin may be gone.
SUBJECTS = "origin-subjects"

info = json.load(sys.stdin)
config = info["config"]
if "ack_floor" in info:
    config.pop("opt_start_time", None)
    config["deliver_policy"] = "by_start_sequence"
    config["opt_start_seq"] = info["ack_floor"]["stream_seq"] + 1
elif sys.argv[1:]:
    if "mirror" in config:
        sys.exit(f"{config['name']} is a mirror: promote it first")
    config["metadata"][SUBJECTS] = ",".join(config.pop("subjects"))
    config["mirror"] = {"name": config["name"], "external": {"api": f"$JS.{sys.argv[1]}.API"}}
else:
    if "mirror" not in config:
        sys.exit(f"{config['name']} is no mirror")
    del config["mirror"]
    config["subjects"] = config["metadata"].pop(SUBJECTS).split(",")
json.dump(config, sys.stdout)
