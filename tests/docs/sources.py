"""Lists that the sources declare and the documents repeat."""
import re

from tests.docs.markdown import ROOT


def source(path):
    return (ROOT / path).read_text(encoding="utf-8")


def source_files(*folders):
    """The text of every C++ file below these folders."""
    return [path.read_text(encoding="utf-8") for folder in folders for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]


def settings():
    """name -> default, as the settings file writes it."""
    return dict(re.findall(r"^(\w+) = (.*)$", source("conf/simple-model-api.toml"), re.M))


def error_statuses():
    """code -> status of everything that can fail."""
    names = re.findall(r'errc::(\w+), "([A-Z_]+)"', source("src/core/error.cpp"))
    statuses = dict(re.findall(r"errc::(\w+), (\d{3})", source("src/http/error_status.cpp")))
    return {name: int(statuses.get(code, 500)) for code, name in names}


def errors_never_sent():
    """The codes of the start and of commands, which no client sees."""
    text = source("include/sma/core/error.hpp")
    block = re.search(r"// Never sent to a client.*?\n(.*?)\};", text, re.S)[1]
    return {name.upper() for name in re.findall(r"^\s+(\w+),", block, re.M)}


def grpc_statuses():
    """code -> gRPC's status of everything that a call can end with."""
    names = dict(re.findall(r'errc::(\w+), "([A-Z_]+)"', source("src/core/error.cpp")))
    rows = re.findall(r"errc::(\w+), ::grpc::StatusCode::(\w+)", source("src/grpc/status.cpp"))
    return {names[code]: status for code, status in rows}


def procedures():
    """The paths of remote procedures, without the slash before them."""
    return re.findall(r'"/([\w.]+/\w+)"', source("include/sma/api/inference_protocol/rpc.hpp"))


def routes():
    """(method and path) -> whether the route is open for those without a key."""
    found = {}
    for text in source_files("src"):
        for method, path, rest in re.findall(r'\{(?:http::)?verb::(\w+),\s*"(/[^"]*)"((?:[^{}]|\{\})*)\}', text):
            key = f"{method.upper()} {path.rstrip('/') or '/'}"
            found[key] = found.get(key, True) and re.search(r"\bopen\b", rest) is not None
    return found


def metrics():
    """name -> type of everything that is registered."""
    texts = source("src/core/metrics.cpp") + source("src/core/model_metrics.cpp") + source("src/core/shadow_metrics.cpp")
    kinds = re.findall(r'(histogram|gauge|counter)\b[^";{]*"(\w+)"', texts, re.I)
    return {name: kind.lower() for kind, name in kinds}


def components():
    """component -> the components that it may use; in brackets those of which it sees the headers alone."""
    rows = re.findall(r"^add_component\((\w+)(?: USES ([a-z ]+?))?(?: PARTS ([a-z ]+?))?(?= [A-Z]|\)|\n)",
                      source("CMakeLists.txt"), re.M)
    return {name: {*uses.split(), *(f"({part})" for part in parts.split())} for name, uses, parts in rows}


def thread_names():
    return {name for text in source_files("src") for name in re.findall(r'name_this_thread\("([^"]+)"\)', text)}


def literals():
    """Every string literal of the program, the parts of one that is split over lines joined."""
    return {joined for text in source_files("src") for joined in re.findall(r'"((?:[^"\\\n]|\\.)*)"',
                                                                            re.sub(r'"\s*\n\s*"', "", text))}
