#include "fuzz_corpus.hpp"
#include "fuzz_one_onnx.hpp"

TEST_CASE("the ONNX files of the fuzzer's corpus are networks or errors", "[onnx]") {
    sma::test::replay_corpus("onnx", 8, sma::onnx::test::fuzz_one_onnx);
}
