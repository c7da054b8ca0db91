// Rows that `model inspect` prints.
#pragma once

#include "own_engine.hpp"
#include "sma/core/error.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/remark.hpp"

#include <map>
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

/// What runs the network, and that the rest of the program `cannot` do with it there if it is not our own engine. The
/// number of classes; nothing, having printed the problem, if it was not loaded.
std::optional<int> print_network(result<loaded_network> const& loaded, char const* cannot);

/// Where a server without settings finds the names of classes. `texts` are within the file, by name; `classes` 0: not
/// known before the network runs. Whether there are any; nothing, having printed the problem, if they do not fit.
std::optional<bool> print_labels(std::string const& file, std::map<std::string, std::string> const& texts, int classes);

/// The command that serves the file.
void print_serving(std::string const& file, bool has_labels);

}  // namespace sma::app
