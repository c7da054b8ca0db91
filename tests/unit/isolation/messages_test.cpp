// Tests of the messages between server and worker: what is written is read, and what is wrong is refused.
#include "sma/isolation/messages.hpp"

#include "catch.hpp"
#include "fuzz_corpus.hpp"
#include "fuzz_one_answer.hpp"

#include <string>

using namespace sma;
using namespace sma::isolation;

namespace {

constexpr std::int64_t pixels_max = 1'000;

std::string answer_of(errc code, std::string text) { return write_answer({7, error(code, std::move(text))}); }
std::string answer_of(int width, int height) { return write_answer({7, image::dimensions{width, height}}); }

}  // namespace

TEST_CASE("a worker's setup arrives as it was sent") {
    worker_setup setup{"1.0 (abc)", {600'000, 10'000'000}, {}};
    setup.decoding.formats = {"webp", "gif"};
    setup.decoding.pixels_max = 123;
    setup.decoding.allow_truncated = true;
    setup.decoding.apply_exif_orientation = false;
    setup.decoding.convert_colors = false;
    auto const read = read_setup(write_setup(setup), "1.0 (abc)").value();
    CHECK(read.decoding == setup.decoding);
    CHECK(read.layout.tensor_bytes == 600'000);
    CHECK(read.layout.file_bytes == 10'000'000);
}

TEST_CASE("a worker of another build is told apart, and a setup that is cut is none") {
    worker_setup const setup{"1.0 (abc)", {}, {}};
    auto const message = write_setup(setup);
    CHECK(read_setup(message, "1.0 (abd)").error().message.find("another build") != std::string::npos);
    for (std::size_t n = 0; n < message.size(); ++n) CHECK(read_setup(message.substr(0, n), "1.0 (abc)").has_error());
}

TEST_CASE("an order arrives as it was sent") {
    order o;
    o.number = 1'234'567'890'123;
    o.what = order::kind::decode;
    o.file_bytes = 5;
    o.deadline = steady_time(std::chrono::seconds(77));
    o.format = {96, 97, element_type::s8, 0.25F};
    o.preprocess.resize = 97;
    o.preprocess.crop = 96;
    o.preprocess.mode = image::crop_mode::squash;
    o.preprocess.filter = image::interpolation::bicubic;
    o.preprocess.mean = {0.1F, 0.2F, 0.3F};
    auto const read = read_order(write_order(o)).value();
    CHECK(read.number == o.number);
    CHECK(read.what == order::kind::decode);
    CHECK(read.file_bytes == 5);
    CHECK(read.deadline == o.deadline);
    CHECK(read.format == o.format);
    CHECK(read.preprocess == o.preprocess);
}

TEST_CASE("answers arrive as they were sent") {
    CHECK(read_answer(answer_of(20, 50), pixels_max)->outcome->width == 20);
    CHECK(read_answer(answer_of(20, 50), pixels_max)->outcome->height == 50);
    CHECK(read_answer(answer_of(20, 50), pixels_max)->number == 7);
    auto const failed = read_answer(answer_of(errc::image_too_large, "too large: 5 × 7"), pixels_max)->outcome.error();
    CHECK(failed.code == errc::image_too_large);
    CHECK(failed.message == "too large: 5 × 7");
    CHECK_FALSE(failed.retry_after_s.has_value());
}

TEST_CASE("an answer that no honest worker writes is none") {
    CHECK_FALSE(read_answer("", pixels_max));
    CHECK_FALSE(read_answer(answer_of(0, 5), pixels_max));
    CHECK_FALSE(read_answer(answer_of(-5, -5), pixels_max));
    CHECK_FALSE(read_answer(answer_of(1'001, 1), pixels_max));
    CHECK_FALSE(read_answer(answer_of(2'147'483'647, 2'147'483'647), pixels_max));
    for (auto const code : {errc::internal_error, errc::model_not_loaded, errc::invalid_weights, errc{-1}, errc{99}})
        CHECK_FALSE(read_answer(answer_of(code, "text"), pixels_max));
    auto const whole = answer_of(errc::preprocessing_failed, "text");
    CHECK_FALSE(read_answer(whole + "x", pixels_max));
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(read_answer(whole.substr(0, n), pixels_max));
}

TEST_CASE("a worker's words are text of bounded length") {
    auto const words = [](std::string text) {
        return read_answer(answer_of(errc::preprocessing_failed, std::move(text)), pixels_max)->outcome.error().message;
    };
    CHECK(words(std::string("a\nb\0c\x7f", 6)) == "a b c ");
    CHECK(words("\xff") == "\xef\xbf\xbd");
    CHECK(words(std::string(5'000, 'x')).size() == 1024);
}

TEST_CASE("the answers of the fuzzer's corpus are read or refused") {
    sma::test::replay_corpus("worker_answer", 5, isolation::test::fuzz_one_answer);
}
