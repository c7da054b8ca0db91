#include "fuzz_corpus.hpp"
#include "fuzz_one_head.hpp"

TEST_CASE("the request heads of the fuzzer's corpus are read the same in every way, or refused", "[head]") {
    sma::test::replay_corpus("request_head", 10, sma::http::test::fuzz_one_head);
}
