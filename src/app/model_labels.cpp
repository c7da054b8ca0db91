#include "model_labels.hpp"

#include <optional>
#include <utility>

namespace sma::app {
namespace {

result<found_labels> from_file(std::filesystem::path const& file, int classes, std::string source) {
    auto labels = model::load_labels(file, classes);
    if (!labels) return labels.error();
    return found_labels{std::move(*labels), std::move(source)};
}

}  // namespace

result<found_labels> find_labels(settings const& s, std::filesystem::path const& weights,
                                 std::map<std::string, std::string> const& texts, int classes) {
    if (!s.labels.empty()) return from_file(s.labels, classes, "the setting labels");
    auto within = model::find_labels_within(texts, classes);
    if (!within) return within.error();
    if (*within) return found_labels{std::move(**within), "the weight file"};
    auto const beside = model::labels_beside(weights);
    if (!beside.empty()) return from_file(beside, classes, beside.filename().string() + " beside the weights");
    return found_labels{{model::numbered_labels(classes), {}}, {}};
}

}  // namespace sma::app
