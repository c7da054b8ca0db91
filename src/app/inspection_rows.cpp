#include "inspection_rows.hpp"

#include "model_preprocessing.hpp"
#include "sma/image/preprocess_text.hpp"

#include <cstdio>

namespace sma::app {

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

}  // namespace sma::app
