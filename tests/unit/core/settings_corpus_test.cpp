#include "fuzz_corpus.hpp"
#include "fuzz_one_settings_file.hpp"

TEST_CASE("the settings of the fuzzer's corpus are allowed values or one-line errors", "[settings]") {
    sma::test::replay_corpus("settings", 10, sma::test::fuzz_one_settings_file);
}
