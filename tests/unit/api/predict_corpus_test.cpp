#include "fuzz_corpus.hpp"
#include "fuzz_one_predict_request.hpp"

TEST_CASE("the requests of the fuzzer's corpus have images and numbers within the limits, or errors") {
    sma::test::replay_corpus("json_body", 10, sma::api::test::fuzz_one_predict_request);
}
