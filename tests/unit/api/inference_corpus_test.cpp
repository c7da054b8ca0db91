#include "fuzz_one_request.hpp"

#include "files.hpp"

#include "catch.hpp"

using namespace sma::api::inference_protocol::test;

TEST_CASE("the fuzz target's corpus is read within the rules", "[oip]") {
    auto const files = sma::test::files_in(SMA_SOURCE_DIR "/tests/fuzz/corpus/inference_request");
    REQUIRE(files.size() >= 10);
    for (auto const& file : files) {
        INFO(file.filename().string());
        bool const good = !file.filename().string().starts_with("bad_");
        CHECK(fuzz_one_request(sma::test::read_file(file)) == good);
    }
}
