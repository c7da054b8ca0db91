// Tests of the settings tls_certificate, tls_key and tls_client_ca on the real program.
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

/// A certificate in files that a server reads, and what its clients need.
class certified {
public:
    explicit certified(std::string const& common_name = "first") {
        write(authority_.issue(common_name));
        write_file(ca(), authority_.certificate());
    }

    void write(key_pair const& pair) const {
        write_file(certificate(), pair.certificate);
        write_file(key(), pair.key);
        ::chmod(key().c_str(), 0600);
    }
    /// Files that a client can name.
    std::vector<std::string> write_client(key_pair const& pair) const {
        write_file(folder_ / "client.pem", pair.certificate);
        write_file(folder_ / "client.key", pair.key);
        return {"--client-certificate", (folder_ / "client.pem").string(), "--client-key",
                (folder_ / "client.key").string()};
    }
    test_authority const& authority() const { return authority_; }
    std::string certificate() const { return (folder_ / "server.pem").string(); }
    std::string key() const { return (folder_ / "server.key").string(); }
    std::string ca() const { return (folder_ / "ca.pem").string(); }
    std::string socket() const { return (folder_ / "admin.sock").string(); }
    std::string config(std::uint16_t port, std::string const& more = {}) const {
        auto const file = (folder_ / "server.toml").string();
        write_file(file, "port = " + std::to_string(port) + "\ntls_certificate = \"" + certificate() +
                             "\"\ntls_key = \"" + key() + "\"\n" + more);
        return file;
    }
    tls_options trusting() const {
        tls_options o;
        o.ca = authority_.certificate();
        return o;
    }
    server_process::options options(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--tls-certificate", certificate(), "--tls-key", key()});
        return {.arguments = narrow(std::move(more)), .environment = {}, .tls = trusting()};
    }

private:
    temporary_folder folder_;
    test_authority authority_;
};

std::string url_of(server_process const& server) { return "https://127.0.0.1:" + std::to_string(server.port()); }

command_result run(std::string const& command, std::vector<std::string> arguments,
                   std::vector<std::string> const& more = {}) {
    arguments.insert(arguments.begin(), command);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command(server_program(), arguments);
}

std::string peer_of(server_process const& server, certified const& files) {
    return connection(server.port(), files.trusting()).tls().peer();
}

}  // namespace

TEST_CASE("with a certificate the server predicts over HTTPS, and over nothing else", "[operations]") {
    certified const files;
    server_process server(files.options());
    CHECK(server.prints("TLS certificate loaded"));
    CHECK(server.times_printed("accessible to every user") == 0);
    connection c(server.port(), files.trusting());
    for (int i = 0; i < 3; ++i) require_prediction(c.ask(post_image("/predict", sample_bytes())), 5);
    auto const request = make_request("GET", "/health");
    c.send(request + request + request);
    for (int i = 0; i < 3; ++i) CHECK(c.read().status == 200);
    auto const refused = c.ask(post_image("/predict", std::string(11'000'000, 'x')));
    require_error(refused, 413, "FILE_TOO_LARGE");
    require_error(connection(server.port(), files.trusting()).ask(post_image("/predict", std::string(9'000'000, 'x'))),
                  415, "UNSUPPORTED_MEDIA_TYPE");
    CHECK(ask_once(server.port(), request).status == 400);
    CHECK(server.metrics().sum("tls_handshake_failures_total", {"reason=\"plain_http\""}) == 1);
    CHECK(server.stop() == 0);
}

TEST_CASE("requests under TLS are answered while the server drains", "[operations]") {
    certified const files;
    server_process server(files.options());
    connection idle(server.port(), files.trusting());
    CHECK(idle.ask(make_request("GET", "/health")).status == 200);
    connection const silent(server.port());
    connection upload(server.port(), files.trusting());
    auto const request = post_image("/predict", sample_bytes());
    upload.send(std::string_view(request).substr(0, request.size() / 2));
    REQUIRE(eventually([&] { return server.metrics().value("inflight_requests") >= 2; }, patience));
    auto const begin = std::chrono::steady_clock::now();
    server.signal(SIGTERM);
    CHECK(idle.ended(patience));
    CHECK(idle.heard_goodbye());
    upload.send(std::string_view(request).substr(request.size() / 2));
    auto const answer = upload.read();
    CHECK(answer.status == 200);
    CHECK(answer.closes());
    CHECK(upload.ended(patience));
    CHECK(upload.heard_goodbye());
    CHECK(server.wait_for_exit(patience) == 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(scaled(5, 30)));
}

TEST_CASE("SIGHUP reads the certificate again, and a broken one keeps the old", "[operations]") {
    certified const files;
    server_process server(files.options());
    connection before(server.port(), files.trusting());
    CHECK(before.tls().peer() == "first");
    files.write(files.authority().issue("second"));
    server.signal(SIGHUP);
    CHECK(eventually([&] { return peer_of(server, files) == "second"; }, patience));
    CHECK(before.ask(make_request("GET", "/health")).status == 200);

    auto const third = files.authority().issue("third");
    std::string_view const kept = "reloading the TLS certificate failed, the old one stays in use";
    write_file(files.certificate(), third.certificate);
    server.signal(SIGHUP);
    CHECK(server.prints(kept));
    CHECK(server.prints("is not the key of tls_certificate"));
    CHECK(peer_of(server, files) == "second");
    std::filesystem::remove(files.key());
    server.signal(SIGHUP);
    CHECK(server.prints(kept, 2));
    CHECK(server.times_printed(kept) == 2);
    CHECK(peer_of(server, files) == "second");
    files.write(third);
    server.signal(SIGHUP);
    CHECK(eventually([&] { return peer_of(server, files) == "third"; }, patience));
    CHECK(server.stop() == 0);
}

TEST_CASE("a certificate that cannot be used keeps the program from starting", "[operations]") {
    certified const files;
    auto const refusal = [&](std::vector<std::string> const& flags) {
        auto const ran = run("serve", {"--port", "0"}, flags);
        CHECK(ran.status == 2);
        CHECK(std::count(ran.errors.begin(), ran.errors.end(), '\n') == 1);
        return ran.errors;
    };
    CHECK_THAT(refusal({"--tls-certificate", files.certificate()}), ContainsSubstring("both or neither"));
    CHECK_THAT(refusal({"--tls-client-ca", files.ca()}), ContainsSubstring("tls_client_ca"));
    write_file(files.key(), files.authority().issue("another").key);
    CHECK_THAT(refusal({"--tls-certificate", files.certificate(), "--tls-key", files.key()}),
               ContainsSubstring("tls_key " + files.key() + ": is not the key"));
}

TEST_CASE("only clients with a certificate of the right authority are served, and health asks elsewhere",
          "[operations]") {
    certified const files;
    auto options = files.options({"--tls-client-ca", files.ca(), "--admin-listen", "unix:" + files.socket()});
    auto const client = files.authority().issue("client");
    options.tls->own = client;
    server_process server(options);
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    CHECK_THROWS_AS(connection(server.port(), files.trusting()).ask(make_request("GET", "/health")), client_error);

    std::vector<std::string> const trusted{"--url", url_of(server), "--ca-file", files.ca()};
    CHECK(run("health", trusted).status == 1);
    CHECK(run("health", trusted, files.write_client(client)).status == 0);
    auto const ca = "tls_client_ca = \"" + files.ca() + "\"\n";
    auto const admin = "admin_listen = \"unix:" + files.socket() + "\"\n";
    CHECK(run("health", {"--config", files.config(server.port(), ca + admin)}).status == 0);
    auto const nowhere = run("health", {"--config", files.config(server.port(), ca)});
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.errors, ContainsSubstring("admin_listen"));
    CHECK(server.stop() == 0);
}

TEST_CASE("health and batch ask over HTTPS", "[operations]") {
    certified const files;
    server_process server(files.options());
    auto const url = url_of(server);
    CHECK(run("health", {"--config", files.config(server.port())}).status == 0);
    CHECK(run("health", {"--url", url, "--ca-file", files.ca()}).status == 0);
    CHECK(run("health", {"--url", url, "--insecure"}).status == 0);
    auto const stranger = run("health", {"--url", url});
    CHECK(stranger.status == 1);
    CHECK_THAT(stranger.errors, ContainsSubstring("certificate verify failed"));
    auto const named = "https://localhost:" + std::to_string(server.port());
    CHECK(run("health", {"--url", named, "--ca-file", files.ca()}).status == 0);
    CHECK(run("health", {"--url", url, "--ca-file", "/nonexistent"}).status == 1);

    std::vector<std::string> const photo{sample("star-1.jpg").string(), sample("heart-1.png").string(), "--url", url,
                                         "--quiet"};
    auto const classified = run("batch", photo, {"--ca-file", files.ca()});
    INFO(classified.errors);
    CHECK(classified.status == 0);
    CHECK_THAT(classified.output, ContainsSubstring("\"star\"") && ContainsSubstring("\"heart\""));
    auto const refused = run("batch", photo, {"--retries", "0"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, ContainsSubstring("certificate verify failed"));
    CHECK(server.stop() == 0);
}

TEST_CASE("curl speaks TLS with the server", "[operations]") {
    if (run_command("/usr/bin/env", {"curl", "--version"}).status != 0) {
        WARN("skipped: there is no curl");
        return;
    }
    certified const files;
    server_process server(files.options());
    auto const curl = [&](std::vector<std::string> const& more) {
        std::vector<std::string> arguments{"curl", "-sS", "--max-time", "20", "--cacert", files.ca()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_command("/usr/bin/env", arguments);
    };
    auto const predicted = curl({"-F", "file=@" + sample("star-1.jpg").string(), url_of(server) + "/predict"});
    INFO(predicted.errors);
    CHECK(predicted.status == 0);
    CHECK_THAT(predicted.output, ContainsSubstring("\"star\""));
    for (auto const* version : {"1.2", "1.3"})
        CHECK(curl({"--tls-max", version, url_of(server) + "/health"}).status == 0);
    CHECK(curl({"--tlsv1.0", "--tls-max", "1.1", url_of(server) + "/health"}).status != 0);
    CHECK(curl({"--http2", "-o", "/dev/null", "-w", "%{http_version}", url_of(server) + "/health"}).output == "1.1");
    CHECK(server.stop() == 0);
}
