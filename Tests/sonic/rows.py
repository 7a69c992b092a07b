"""Rows of STATE_DB as the agent writes them."""
import datetime

BOUNDS = "64,128,256,512,1024,1280,1518,2048,4096,8192,9216,16384,32768,65536"
CLASSES = ("ipv4", "ipv6", "icmp6", "other")


def time(seconds_ago=0):
    """A time in UTC, as texts have it."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds_ago)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def agent(server, seconds_ago=0, **fields):
    server.state.hset("TELEGEN_AGENT_TABLE|global", mapping=dict({
        "version": "1.2.3", "pid": "42", "heartbeat": time(seconds_ago), "jobs": "2", "jobs_running": "1",
        "rss_bytes": "12345678", "otlp_status": "ok", "otlp_last_error": ""}, **fields))


def job(server, name, **fields):
    """Both rows of a job that runs."""
    config = {"port": fields.get("port", "Ethernet0"), "direction": fields.get("direction", "ingress")}
    server.config.hset(f"TELEGEN_JOB|{name}", mapping=config)
    server.state.hset(f"TELEGEN_JOB_TABLE|{name}", mapping=dict({
        "oper_status": "running", "reason": "", "warnings": "", "mode": "port", "interface": config["port"],
        "ifindex": "7", "attach_type": "tcx", "started_at": "2026-01-31T12:00:00Z", "ended_at": "", "packets": "1234567",
        "bytes": "987654321", "pps": "1000", "bps": "8000000", "sample_rate": "1"}, **dict(config, **fields)))


def statistics(server, name, direction="ingress", packets=(1000, 20, 3, 0), size=100, **fields):
    """The counts of a job, all packets of one size."""
    row = {"size_bounds": BOUNDS, "parse_errors": "0", "filtered": "0"}
    for each, number in zip(CLASSES, packets):
        sizes = ["0"] * (BOUNDS.count(",") + 2)
        sizes[next(i for i, bound in enumerate(BOUNDS.split(",")) if size <= int(bound))] = str(number)
        row.update({f"{each}_packets": str(number), f"{each}_bytes": str(number * size), f"{each}_sizes": ",".join(sizes)})
    row.update(fields)
    server.state.hset(f"TELEGEN_STATS_TABLE|{name}|{direction}", mapping=row)


def flow(server, name, rank, **fields):
    server.state.hset(f"TELEGEN_FLOW_TABLE|{name}|{rank}", mapping=dict({
        "direction": "ingress", "five_tuple": "tcp 192.0.2.1:49152 -> 198.51.100.7:443", "source": "192.0.2.1",
        "destination": "198.51.100.7", "proto": "tcp", "source_port": "49152", "destination_port": "443",
        "packets": "1000", "bytes": "1500000", "error_packets": "0", "error_bytes": "0",
        "first_seen": "2026-01-31T12:00:00Z", "last_seen": "2026-01-31T12:00:10Z"}, **fields))
