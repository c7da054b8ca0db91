#include "batch_run.hpp"

#include "server_process.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

#include <sstream>

namespace sma::test {
namespace json = boost::json;

command_result run_batch(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "batch");
    return run_command(server_program(), arguments);
}

std::vector<json::value> records_in(std::filesystem::path const& file) {
    std::vector<json::value> records;
    std::istringstream text(read_file(file));
    for (std::string line; std::getline(text, line);) records.push_back(json::parse(line));
    return records;
}

std::map<std::string, std::string> verdicts_in(std::filesystem::path const& file) {
    std::map<std::string, std::string> verdicts;
    for (auto const& record : records_in(file)) {
        auto const name = std::filesystem::path(record.at("path").as_string().c_str()).filename().string();
        auto const* failed = record.as_object().if_contains("error");
        auto const& verdict = failed ? failed->at("code") : record.at("predictions").at(0).at("class_name");
        INFO(name << " has more than one record");
        CHECK(verdicts.emplace(name, verdict.as_string().c_str()).second);
    }
    return verdicts;
}

json::value json_in(std::filesystem::path const& file) { return json::parse(read_file(file)); }

std::filesystem::path folder_of_images(std::filesystem::path const& parent, int count) {
    auto const folder = parent / "images";
    std::filesystem::create_directory(folder);
    auto const bytes = sample_bytes("star-1.jpg");
    auto const other = sample_bytes("ring-1.jpg");
    for (int i = 0; i < count; ++i) write_file(folder / (std::to_string(i) + ".jpg"), i % 2 == 0 ? bytes : other);
    return folder;
}

}  // namespace sma::test
