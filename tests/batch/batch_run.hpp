// Run of `simple-model-api batch` by a test, with its output.
#pragma once

#include "files.hpp"
#include "process.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sma::test {

command_result run_batch(std::vector<std::string> arguments);

/// The records of a file of JSON lines; the test fails if a line is not valid JSON.
std::vector<boost::json::value> records_in(std::filesystem::path const& file);
/// By file name: the name of the best class, or the error's code. The test fails if a name is there twice.
std::map<std::string, std::string> verdicts_in(std::filesystem::path const& file);

boost::json::value json_in(std::filesystem::path const& file);

/// `count` images that the demo model knows, in a new folder below `parent`.
std::filesystem::path folder_of_images(std::filesystem::path const& parent, int count);

}  // namespace sma::test
