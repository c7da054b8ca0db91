// Names of a model's classes, from where a server finds them.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/model/labels.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sma::app {

struct found_labels {
    model::class_labels labels;
    std::string source;  ///< for people: "config.json beside the weights"; empty: none, and classes are numbered
};

/// The setting `labels`, else those within the weight file (`texts`, by name), else those beside it. Errors:
/// invalid_labels.
result<found_labels> find_labels(settings const& s, std::filesystem::path const& weights,
                                 std::map<std::string, std::string> const& texts, int classes);

}  // namespace sma::app
