#include "inspection_rows.hpp"

#include "model_labels.hpp"
#include "model_preprocessing.hpp"
#include "sma/image/preprocess_text.hpp"

#include <cstdio>

namespace sma::app {
namespace {

std::string const no_labels = "none within the file or beside it: classes are numbered";

}  // namespace

void print_row(char const* name, std::string const& value) {
    if (!value.empty()) std::printf("%-14s %s\n", name, value.c_str());
}

void print_remarks(std::vector<model::remark> const& remarks) {
    for (auto const& remark : remarks) print_row(remark.is_warning ? "warning" : "note", remark.text);
}

std::optional<int> print_preprocessing(std::string const& file, model::file_kind kind) {
    auto const found = find_preprocessing(settings(), file, kind);
    if (!found) {
        print_row("problem", found.error().message);
        return std::nullopt;
    }
    print_row("pre-processing", image::preprocess_text(found->options));
    print_row("", "from: " + found->source);
    print_remarks(found->remarks);
    return found->options.crop;
}

std::optional<int> print_network(result<loaded_network> const& loaded, char const* cannot) {
    if (!loaded) {
        print_row("problem", loaded.error().message);
        return std::nullopt;
    }
    auto const& e = loaded->engine->describe();
    print_row("architecture", loaded->architecture);
    print_row("classes", std::to_string(loaded->engine->classes()));
    print_row("engine", e.name + ", " + e.precision);
    if (!loaded->engine->features()) print_row("cannot", cannot);
    print_remarks(loaded->remarks);
    print_row("warning", e.note);
    loaded->engine->release_thread();
    return loaded->engine->classes();
}

std::optional<bool> print_labels(std::string const& file, std::map<std::string, std::string> const& texts,
                                 int classes) {
    if (classes == 0) {
        auto const beside = model::labels_beside(file);
        print_row("labels", beside.empty() ? no_labels : beside.filename().string() + " beside the weights");
        return !beside.empty();
    }
    auto const found = find_labels(settings(), file, texts, classes);
    if (!found) {
        print_row("problem", found.error().message);
        return std::nullopt;
    }
    print_row("labels", found->source.empty() ? no_labels : found->source);
    return !found->source.empty();
}

void print_serving(std::string const& file, bool has_labels) {
    print_row("serve it by", "simple-model-api serve --weights " + file + (has_labels ? "" : " --labels FILE"));
}

}  // namespace sma::app
