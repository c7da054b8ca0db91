// Tests of images by URL: another server of this project is the host of the images.
#include "bodies.hpp"
#include "certificates.hpp"
#include "checks.hpp"
#include "files.hpp"
#include "protocol_requests.hpp"
#include "server_process.hpp"

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string post_json(std::string const& body, std::string const& target = "/predict") {
    return make_request("POST", target, {{"Content-Type", "application/json"}}, body);
}

/// `/assets/star-1.jpg` of a server with TLS, and one that fetches from it.
class two_servers {
public:
    two_servers() {
        test_authority const authority;
        auto const pair = authority.issue("images");
        write_file(folder_ / "cert.pem", pair.certificate);
        write_file(folder_ / "key.pem", pair.key);
        std::filesystem::permissions(folder_ / "key.pem", std::filesystem::perms::owner_read);
        write_file(folder_ / "ca.pem", authority.certificate());
        tls_options trusting;
        trusting.ca = authority.certificate();
        images_.emplace(
            server_process::options{.arguments = narrow({"--tls-certificate", (folder_ / "cert.pem").string(),
                                                         "--tls-key", (folder_ / "key.pem").string()}),
                                    .environment = {},
                                    .tls = trusting});
    }
    std::string url(std::string const& target = "/assets/star-1.jpg") const {
        return "https://localhost:" + std::to_string(images_->port()) + target;
    }
    std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--url-allowed-hosts", "localhost:" + std::to_string(images_->port()),
                                 "--url-allowed-networks", "127.0.0.0/8,::1/128"});
        return narrow(std::move(more));
    }
    std::vector<std::string> trusting() const { return arguments({"--url-ca-file", (folder_ / "ca.pem").string()}); }

private:
    temporary_folder folder_;
    std::optional<server_process> images_;
};

}  // namespace

TEST_CASE("images by URL are predicted as if they had been sent", "[contract]") {
    two_servers const both;
    server_process const server(both.trusting());
    auto const sent = require_json(server.ask(post_image("/predict", sample_bytes())));
    auto const fetched = require_json(server.ask(post_json(R"({"url": ")" + both.url() + R"("})")));
    CHECK(fetched.at("predictions") == sent.at("predictions"));
    CHECK(fetched.at("meta").at("filename").is_null());

    auto const some = R"({"urls": [")" + both.url("/nothing") + R"(", ")" + both.url() + R"("]})";
    auto const results = require_json(server.ask(post_json(some))).at("results").as_array();
    REQUIRE(results.size() == 2);
    CHECK(results[0].at("error").at("code") == "IMAGE_NOT_FETCHED");
    CHECK(results[1].at("predictions") == sent.at("predictions"));

    auto const infer = infer_json(R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" +
                                  both.url() + R"("]}], "outputs": [{"name": "logits"}]})");
    CHECK(require_answer(server.ask(infer)).output("logits").numbers.size() == 12);
    auto const broken = infer_json(R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" +
                                   both.url("/nothing") + R"("]}]})");
    require_protocol_error(server.ask(broken), 400, "image 0: the image's host answers with status 404");
}

TEST_CASE("what cannot be fetched is 422 with the reason", "[contract]") {
    two_servers const both;
    server_process const server(both.trusting());
    auto const refusal = [&](std::string const& url) {
        auto const answer = server.ask(post_json(R"({"url": ")" + url + R"("})"));
        CHECK(answer.status == 422);
        return std::string(answer.body);
    };
    CHECK_THAT(refusal(both.url("/nothing")), ContainsSubstring("IMAGE_NOT_FETCHED"));
    CHECK_THAT(refusal(both.url("/openapi.json")), ContainsSubstring("no image"));
    CHECK_THAT(refusal("https://example.com/x.jpg"), ContainsSubstring("url_allowed_hosts"));
    CHECK_THAT(refusal("http://localhost/x.jpg"), ContainsSubstring("url_allow_http"));
    CHECK_THAT(refusal("nonsense"), ContainsSubstring("VALIDATION_ERROR"));
    auto const none = server.ask(post_json(R"({"urls": ["nonsense", "more"]})"));
    CHECK(none.status == 422);
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
}

TEST_CASE("a host whose certificate nobody vouches for is not believed", "[contract]") {
    two_servers const both;
    server_process const server(both.arguments());
    auto const answer = server.ask(post_json(R"({"url": ")" + both.url() + R"("})"));
    CHECK(answer.status == 422);
    CHECK_THAT(answer.body, ContainsSubstring("IMAGE_NOT_FETCHED") && ContainsSubstring("certificate"));
}

TEST_CASE("images by URL are off by default, and the answer names the setting", "[contract]") {
    auto const answer = shared_server().ask(post_json(R"({"url": "https://example.com/x.jpg"})"));
    CHECK(answer.status == 422);
    CHECK_THAT(answer.body, ContainsSubstring("url_allowed_hosts"));
    auto const infer = infer_json(
        R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["https://example.com/"]}]})");
    require_protocol_error(shared_server().ask(infer), 400, "url_allowed_hosts");
}
