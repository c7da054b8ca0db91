#include "fuzz_corpus.hpp"
#include "fuzz_one_label_file.hpp"
#include "fuzz_one_safetensors.hpp"

using namespace sma::model::test;
using sma::test::replay_corpus;

TEST_CASE("the label files of the fuzzer's corpus are names or errors", "[labels]") {
    replay_corpus("labels", 10, fuzz_one_label_file);
}

TEST_CASE("the safetensors files of the fuzzer's corpus are tensors or errors", "[safetensors]") {
    replay_corpus("safetensors", 10, fuzz_one_safetensors);
}
