"""Writes what `avalanche convert --to speedscope` wrote as OTLP profiles, with the encoder of opentelemetry-proto.

    write_otlp.py IN.speedscope.json OUT.otlp
"""
import json
import sys

from opentelemetry.proto.profiles.v1development import profiles_pb2 as otlp

START_NANOS = 1_764_036_750_000_000_000
FRAME_TYPES = {0: "native", 1: "jvm", 2: "kernel", 4: "cpython"}


def main(source, target):
    with open(source, encoding="utf-8") as file:
        document = json.load(file)
    data = otlp.ProfilesData()
    dictionary = data.dictionary
    dictionary.link_table.add()
    dictionary.string_table.append("")
    strings = {"": 0}

    def text(value):
        if value not in strings:
            strings[value] = len(dictionary.string_table)
            dictionary.string_table.append(value)
        return strings[value]

    def table(rows, make):
        rows.add()
        known = {}

        def index(key):
            if key not in known:
                make(key)
                known[key] = len(rows) - 1
            return known[key]

        return index

    mapping = table(
        dictionary.mapping_table,
        lambda module: dictionary.mapping_table.add(filename_strindex=text(module)),
    )
    function = table(
        dictionary.function_table,
        lambda key: dictionary.function_table.add(
            name_strindex=text(key[0]), filename_strindex=text(key[1]), start_line=key[2]
        ),
    )

    def make_attribute(key):
        row = dictionary.attribute_table.add(key_strindex=text(key[0]))
        if isinstance(key[1], int):
            row.value.int_value = key[1]
        else:
            row.value.string_value = key[1]

    attribute = table(dictionary.attribute_table, make_attribute)
    frames = document["shared"]["frames"]

    def make_location(place):
        frame = frames[place]
        own = frame["avalanche"]
        module = mapping(own["module"]) if own["module"] else 0
        row = function((frame["name"], own["file"], frame.get("line") or 0))
        location = dictionary.location_table.add(mapping_index=module)
        location.lines.add(function_index=row)
        if own["kind"] in FRAME_TYPES:
            kind = ("profile.frame.type", FRAME_TYPES[own["kind"]])
            location.attribute_indices.append(attribute(kind))

    location = table(dictionary.location_table, make_location)
    stack = table(
        dictionary.stack_table,
        lambda places: dictionary.stack_table.add(
            location_indices=[location(place) for place in reversed(places)]
        ),
    )
    resource = data.resource_profiles.add()
    for key, value in [("k8s.pod.name", "shop-7d9f8b6c5-x2k4p"), ("host.name", "node-3")]:
        resource.resource.attributes.add(key=key).value.string_value = value
    profile = resource.scope_profiles.add().profiles.add(
        time_unix_nano=START_NANOS, duration_nano=3_000_000_000, period=10_101_010
    )
    profile.sample_type.type_strindex = text("samples")
    profile.sample_type.unit_strindex = text("count")
    profile.period_type.type_strindex = text("cpu")
    profile.period_type.unit_strindex = text("nanoseconds")
    first = min(time for one in document["profiles"] for time in one["avalanche"]["timesMs"])
    samples = {}
    for one in document["profiles"]:
        thread = one["avalanche"]["thread"]
        attributes = [
            attribute(("thread.name", thread["comm"])),
            attribute(("thread.id", thread["tid"])),
        ]
        for places, time in zip(one["samples"], one["avalanche"]["timesMs"]):
            key = (stack(tuple(places)), tuple(attributes))
            if key not in samples:
                samples[key] = profile.samples.add(stack_index=key[0], attribute_indices=attributes)
            samples[key].timestamps_unix_nano.append(START_NANOS + round((time - first) * 1e6))
    with open(target, "wb") as file:
        file.write(data.SerializeToString())


main(*sys.argv[1:])
