// Tests of the setting api_keys_file on the real program: access, log and reload.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// printf %s alpha | sha256sum, and of beta
constexpr auto anna = "anna 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\n";
constexpr auto bert = "bert f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753\n";

/// A file of keys that only its owner can read.
class keys_file {
public:
    explicit keys_file(std::string_view text) { write(text); }
    std::string path() const { return (folder_ / "keys").string(); }
    void write(std::string_view text) const {
        write_file(path(), text);
        set_mode(0600);
    }
    void set_mode(mode_t mode) const { ::chmod(path().c_str(), mode); }

private:
    temporary_folder folder_;
};

http_response ask(server_process const& server, std::string_view method, std::string_view target,
                  std::string const& key = {}, std::string_view body = {}) {
    header_list headers;
    if (!key.empty()) headers.emplace_back("Authorization", "Bearer " + key);
    if (!body.empty()) headers.emplace_back("Content-Type", "image/jpeg");
    return server.ask(make_request(method, target, headers, body));
}

}  // namespace

TEST_CASE("with a file of keys only who has one is served, and named in the log", "[operations]") {
    keys_file const file(anna);
    server_process server(narrow({"--api-keys-file", file.path()}));
    auto const refused = ask(server, "POST", "/predict", {}, sample_bytes());
    require_error(refused, 401, "UNAUTHORIZED");
    CHECK(refused.header("WWW-Authenticate") == "Bearer");
    require_error(ask(server, "POST", "/predict", "beta", sample_bytes()), 401, "UNAUTHORIZED");
    require_error(ask(server, "GET", "/info"), 401, "UNAUTHORIZED");
    auto const protocol = ask(server, "POST", "/v2/models/resnet50/infer", {}, "{}");
    CHECK(protocol.status == 401);
    CHECK(require_json(protocol).at("error").is_string());

    for (auto const* open : {"/health", "/v2/health/live", "/v2/health/ready", "/metrics", "/", "/docs",
                             "/openapi.json", "/assets/page.css"}) {
        INFO(open);
        CHECK(ask(server, "GET", open).status == 200);
    }
    auto const served = ask(server, "POST", "/predict", "alpha", sample_bytes());
    require_prediction(served, 5);
    auto const lines = server.log_lines_of(served.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("key") == "anna");
    auto const unknown = server.log_lines_of(refused.header("X-Correlation-ID"));
    REQUIRE(unknown.size() == 1);
    CHECK(unknown[0].at("key") == "");
    CHECK(unknown[0].at("error") == "UNAUTHORIZED");
    CHECK(server.stop() == 0);
    CHECK_THAT(server.output(),
               !ContainsSubstring("alpha") && !ContainsSubstring("beta") && !ContainsSubstring("8ed3f6ad"));
}

TEST_CASE("SIGHUP reads the keys again, and a broken file keeps the old ones", "[operations]") {
    keys_file const file(anna);
    server_process const server(narrow({"--api-keys-file", file.path()}));
    auto const status = [&](std::string const& key) { return ask(server, "GET", "/info", key).status; };
    CHECK(status("alpha") == 200);
    CHECK(status("beta") == 401);
    file.write(bert);
    server.signal(SIGHUP);
    CHECK(eventually([&] { return status("beta") == 200; }, patience));
    CHECK(status("alpha") == 401);

    file.write("anna not-a-hash\n");
    server.signal(SIGHUP);
    CHECK(server.prints("reloading the API keys failed, the old keys stay in use"));
    CHECK(server.prints("line 1"));
    CHECK(status("beta") == 200);
    CHECK_THAT(server.output(), !ContainsSubstring("not-a-hash"));
    std::filesystem::remove(file.path());
    server.signal(SIGHUP);
    CHECK(server.prints("reloading the API keys failed, the old keys stay in use", 2));
    CHECK(server.times_printed("reloading the API keys failed, the old keys stay in use") == 2);
    CHECK(status("beta") == 200);
}

TEST_CASE("a file of keys that everybody can read is warned of, one that is broken stops the program", "[operations]") {
    keys_file const file(anna);
    {
        server_process const server(narrow({"--api-keys-file", file.path()}));
        CHECK_THAT(server.output(), !ContainsSubstring("accessible to every user"));
    }
    file.set_mode(0644);
    {
        server_process const server(narrow({"--api-keys-file", file.path()}));
        CHECK(server.prints("accessible to every user"));
        CHECK(server.times_printed("accessible to every user") == 1);
    }
    file.write("anna\n");
    auto const ran = run_command(server_program(), {"serve", "--port", "0", "--api-keys-file", file.path()});
    CHECK(ran.status == 2);
    CHECK(std::count(ran.errors.begin(), ran.errors.end(), '\n') == 1);
    CHECK_THAT(ran.errors, ContainsSubstring(file.path()) && ContainsSubstring("line 1"));
}
