// Tests of the command line, the environment and the file on the real program.
#include "checks.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

command_result run(std::vector<std::string> const& arguments,
                   std::map<std::string, std::string> const& environment = {}) {
    return run_command(server_program(), arguments, environment);
}

void require_one_line_that_names(command_result const& result, std::string const& what) {
    INFO("stdout: " << result.output << "stderr: " << result.errors);
    CHECK(result.status == 2);
    CHECK(result.output.empty());
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_THAT(result.errors, ContainsSubstring(what));
}

}  // namespace

TEST_CASE("the printed configuration is a valid file, and the one in conf", "[operations]") {
    temporary_folder const folder;
    auto const printed = run({"config"});
    REQUIRE(printed.status == 0);
    CHECK(printed.output == read_file(SMA_SOURCE_DIR "/conf/simple-model-api.toml"));
    auto const file = (folder / "c.toml").string();
    write_file(file, printed.output);
    CHECK(run({"config", "--check", "--config", file}).status == 0);
    CHECK(run({"config", "--config", file}).output == printed.output);
}

TEST_CASE("the command line beats the environment, which beats the file", "[operations]") {
    temporary_folder const folder;
    auto const file = (folder / "c.toml").string();
    write_file(file, "max_queue_size = 11\nmax_batch_size = 3\n");
    auto const queue_size = [](command_result const& result) {
        INFO(result.errors);
        REQUIRE(result.status == 0);
        auto const at = result.output.find("\nmax_queue_size = ");
        REQUIRE(at != std::string::npos);
        return std::stoi(result.output.substr(at + 18));
    };
    CHECK(queue_size(run({"config"})) == 0);
    CHECK(queue_size(run({"config", "--config", file})) == 11);
    CHECK(queue_size(run({"config", "--config", file}, {{"SMA_MAX_QUEUE_SIZE", "12"}})) == 12);
    CHECK(queue_size(run({"config", "--config", file, "--max-queue-size", "13"}, {{"SMA_MAX_QUEUE_SIZE", "12"}})) ==
          13);
    CHECK_THAT(run({"config", "--config", file}, {{"SMA_MAX_QUEUE_SIZE", "12"}}).output,
               ContainsSubstring("\nmax_batch_size = 3\n"));

    server_process const server(
        {narrow({"--config", file, "--max-queue-size", "13"}), {{"SMA_MAX_QUEUE_SIZE", "12"}}, true});
    auto const limits = require_json(server.get("/info")).at("limits").as_object();
    CHECK(limits.at("max_queue_size").to_number<int>() == 13);
    CHECK(limits.at("max_batch_size").to_number<int>() == 3);
}

TEST_CASE("a setting that is wrong stops the program with one line that names it", "[operations]") {
    temporary_folder const folder;
    auto const with_file = [&](std::string const& text) {
        write_file(folder / "c.toml", text);
        return run({"serve", "--port", "0", "--config", (folder / "c.toml").string()});
    };
    require_one_line_that_names(with_file("no_such_setting = 1\n"), "no_such_setting");
    require_one_line_that_names(with_file("max_batch_size = 0\n"), "max_batch_size");
    require_one_line_that_names(with_file("max_batch_size = \"many\"\n"), "max_batch_size");
    require_one_line_that_names(with_file("max_batch_size = = 1\n"), "c.toml");
    require_one_line_that_names(run({"serve", "--config", (folder / "missing.toml").string()}), "missing.toml");
    require_one_line_that_names(run({"serve", "--config", folder.path().string()}), folder.path().string());

    require_one_line_that_names(run({"serve", "--port", "70000"}), "port");
    require_one_line_that_names(run({"serve", "--precision", "fp7"}), "precision");
    require_one_line_that_names(run({"serve", "--no-such-setting", "1"}), "no-such-setting");
    require_one_line_that_names(run({"serve"}, {{"SMA_PORT", "http"}}), "port");
    require_one_line_that_names(run({"serve"}, {{"SMA_NO_SUCH_SETTING", "1"}}), "SMA_NO_SUCH_SETTING");
    require_one_line_that_names(run({"config", "--check", "--max-pixels", "-1"}), "max_pixels");
}

TEST_CASE("the pre-processing of torchvision's second weights is one setting", "[operations]") {
    auto const resize = [](std::vector<std::string> arguments) {
        server_process const server(narrow(std::move(arguments)));
        return server.get_json("/info").at("preprocessing").at("resize").to_number<int>();
    };
    CHECK(resize({"--preprocess", "v2"}) == 232);
    CHECK(resize({"--preprocess", "v2", "--resize", "240"}) == 240);
}

TEST_CASE("help names every setting", "[operations]") {
    auto const help = run({"serve", "--help"});
    CHECK(help.status == 0);
    for (auto const* flag : {"--host", "--port", "--weights", "--labels", "--precision", "--engine", "--max-queue-size",
                             "--drain-grace-ms"})
        CHECK_THAT(help.output, ContainsSubstring(flag));
    CHECK(run({"--version"}).status == 0);
    CHECK(run({}).status == 2);
    CHECK(run({"no-such-command"}).status == 2);
}

TEST_CASE("the line that says where it listens is printed once, and a port in use is an error", "[operations]") {
    server_process server(narrow());
    std::string const announcement = "listening on http://127.0.0.1:" + std::to_string(server.port()) + "\n";
    auto const taken = run({"serve", "--port", std::to_string(server.port())});
    CHECK(taken.status != 0);
    CHECK_THAT(taken.errors, ContainsSubstring(std::to_string(server.port())));
    CHECK_THAT(taken.output, !ContainsSubstring("listening on"));
    CHECK(server.stop() == 0);
    auto const output = server.output();
    CHECK(output.starts_with(announcement));
    CHECK(output.find("listening on http", announcement.size()) == std::string::npos);
}
