#include "sma/app/model_commands.hpp"

#include "sma/model/inspect.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace sma::app {
namespace {

int complain(error const& e) {
    std::fprintf(stderr, "simple-model-api: %s\n", e.message.c_str());
    return 1;
}

char const* kind_name(model::file_kind kind) {
    switch (kind) {
        case model::file_kind::safetensors: return "safetensors";
        case model::file_kind::pth: return "PyTorch state dict (.pth)";
        case model::file_kind::torchscript: break;
    }
    return "TorchScript";
}

void print_row(char const* name, std::string const& value) {
    if (!value.empty()) std::printf("%-14s %s\n", name, value.c_str());
}

}  // namespace

model_commands::model_commands(CLI::App& model) {
    model.require_subcommand(1);
    inspect_ = model.add_subcommand("inspect", "Say what a weight file holds");
    inspect_->add_option("FILE", file_, "safetensors, .pth or TorchScript")->required();
}

int model_commands::run() const { return inspect(); }

int model_commands::inspect() const {
    auto const d = model::inspect_file(file_);
    if (!d) return complain(d.error());
    std::string types;
    for (auto const& [type, count] : d->dtypes) types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    print_row("kind", kind_name(d->kind));
    print_row("architecture", d->architecture.empty() ? "unknown" : d->architecture);
    print_row("classes", d->classes > 0 ? std::to_string(d->classes) : "");
    print_row("quantised", d->quantised ? "int8" : "no");
    print_row("tensors", std::to_string(d->tensors) + " (" + types + ")");
    print_row("parameters", std::to_string(d->parameters));
    print_row("bytes", std::to_string(d->file_bytes));
    print_row("sha256", d->sha256);
    for (auto const& [key, value] : d->metadata) print_row("metadata", key + " = " + value.substr(0, 120));
    print_row("problem", d->problem);
    return d->problem.empty() ? 0 : 1;
}

}  // namespace sma::app
