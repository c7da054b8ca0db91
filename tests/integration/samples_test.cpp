// Tests of sample_dir: images for labeling, of /predict and of the inference protocol.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "files.hpp"
#include "protocol_requests.hpp"
#include "scale.hpp"
#include "server_process.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> keeping(std::filesystem::path const& folder, char const* from, char const* below) {
    return narrow({"--sample-dir", folder.string(), "--sample-min-confidence", from, "--sample-max-confidence", below});
}

bool comes_to(std::filesystem::path const& folder, std::size_t files) {
    return eventually([&] { return files_in(folder).size() == files; }, patience);
}

}  // namespace

TEST_CASE("images in the range of confidence are kept with their prediction, others are not", "[contract]") {
    temporary_folder const folder;
    server_process const server(keeping(folder.path(), "0.1", "1"));
    auto const bytes = sample_bytes();
    auto const answer = server.ask(post_image("/predict", bytes));
    auto const predicted = require_json(answer);
    REQUIRE(comes_to(folder.path(), 2));
    auto const files = files_in(folder.path());
    CHECK(read_file(files[0]) == bytes);
    CHECK_THAT(files[0].filename().string(), ContainsSubstring(std::string(answer.header("X-Correlation-ID"))));
    auto const json = boost::json::parse(read_file(files[1]));
    CHECK(json.at("predictions") == predicted.at("predictions"));
    CHECK(json.at("correlation_id").as_string() == answer.header("X-Correlation-ID"));
    CHECK(read_file(files[1]).find("127.0.0.1") == std::string::npos);

    auto const refused = server.ask(post_image("/predict", "no image"));
    CHECK(refused.status == 415);
    auto const several = post_form("/predict", {{"file", "a", bytes}, {"file", "b", "no image"}});
    CHECK(server.ask(several).status == 200);
    CHECK(comes_to(folder.path(), 4));
    auto const infer = infer_json(R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" +
                                  encode_base64(bytes) + R"("]}]})");
    CHECK(server.ask(infer).status == 200);
    CHECK(comes_to(folder.path(), 6));
    CHECK(server.metrics().value("samples_kept_total") == 3);
}

TEST_CASE("nothing is kept of an image of which the model is sure", "[contract]") {
    temporary_folder const folder;
    server_process const server(keeping(folder.path(), "0", "0.001"));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    CHECK(server.metrics().value("samples_kept_total") == 0);
    CHECK(files_in(folder.path()).empty());
}

TEST_CASE("a sample_dir that cannot be used keeps the server from starting", "[contract]") {
    temporary_folder const folder;
    auto const ran = run_command(server_program(), {"serve", "--sample-dir", (folder / "none").string()});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.errors, ContainsSubstring("sample_dir") && ContainsSubstring("not a directory"));
}
