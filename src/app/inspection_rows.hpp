// Rows that `model inspect` prints.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/remark.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sma::app {

/// Nothing for an empty value.
void print_row(char const* name, std::string const& value);

void print_remarks(std::vector<model::remark> const& remarks);

/// As a server without settings would pre-process images for the file. The side of the network's input; nothing, having
/// printed the problem, if it would not.
std::optional<int> print_preprocessing(std::string const& file, model::file_kind kind);

}  // namespace sma::app
