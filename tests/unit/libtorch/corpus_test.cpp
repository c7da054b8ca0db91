#include "fuzz_corpus.hpp"
#include "fuzz_one_pth.hpp"

TEST_CASE("the .pth files and pickles of the fuzzer's corpus are tensors or errors", "[pth]") {
    sma::test::replay_corpus("torch_checkpoint", 10, sma::libtorch::test::fuzz_one_pth);
}
