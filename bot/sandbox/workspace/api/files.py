"""files.*: an upload in three steps, the second of which is a plain POST to `upload_url`."""

from dataclasses import replace

from bot.sandbox.workspace import check
from bot.sandbox.workspace.api.call import Args, Desk, Method
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.shapes import api_file
from bot.sandbox.workspace.things import BOT_USER, Channel, File, Json

SIZE_LIMIT = 1_000_000_000


def get_upload_url(desk: Desk, args: Args) -> Json:
    size, name = args.number("length", 0), args.word("filename")
    if size < 1:
        raise Refused("invalid_arguments", ("[ERROR] must be more than 0 [json-pointer:/length]",))
    if size > SIZE_LIMIT:
        raise Refused("file_upload_size_restricted")
    file = File(desk.state.next_id("F"), name, name, size, BOT_USER, desk.state.clock())
    desk.state.files[file.id] = file
    return {"upload_url": f"{desk.base_url()}/upload/{file.id}", "file_id": file.id}


def complete_upload(desk: Desk, args: Args) -> Json:
    places = [desk.place_to_post(name) for name in _places(args)]
    files = [_uploaded(desk, entry, places) for entry in _entries(args)]
    blocks = args.data("blocks") or []
    if blocks:
        check.message_blocks(blocks)
    for place in places:
        _share(desk, args, place, files, blocks if isinstance(blocks, list) else [])
    return {"files": [api_file(file) for file in files]}


def _places(args: Args) -> list[str]:
    one = args.text("channel_id")
    places = [one] if one else args.names("channels")
    if len(places) > 100:
        raise Refused("channels_limit_exceeded")
    return places


def _entries(args: Args) -> list[Json]:
    entries = args.data("files")
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) and "id" in e for e in entries):
        raise Refused("invalid_arguments", ("[ERROR] files must be a list of objects with an id",))
    return entries


def _uploaded(desk: Desk, entry: Json, places: list[Channel]) -> File:
    file = desk.state.files.get(str(entry["id"]))
    if file is None or len(file.content) != file.size:
        raise Refused("file_not_found")
    file = replace(file, title=str(entry.get("title") or file.name), channels=tuple(place.id for place in places))
    desk.state.files[file.id] = file
    return file


def _share(desk: Desk, args: Args, place: Channel, files: list[File], blocks: list[Json]) -> None:
    thread = args.text("thread_ts")
    if thread and desk.state.message(place.id, thread) is None:
        raise Refused("thread_not_found")
    desk.limits.post(place.id)
    text = args.text("initial_comment") or ""
    desk.state.post(place.id, BOT_USER, text, blocks, thread_ts=thread, files=tuple(files))


_WRITE = ("files:write",)

FILES = (
    Method(
        "files.getUploadURLExternal",
        get_upload_url,
        ("length", "filename"),
        ("snippet_type", "alt_txt"),
        _WRITE,
        per_minute=100,
        takes_json=False,
    ),
    Method(
        "files.completeUploadExternal",
        complete_upload,
        ("files",),
        ("channel_id", "channels", "thread_ts", "initial_comment", "blocks", "username", "icon_url", "icon_emoji"),
        _WRITE,
        per_minute=100,
    ),
)
