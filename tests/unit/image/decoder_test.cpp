// Tests of the decoder's options and of its cancellation.
#include "sma/image/decoder.hpp"
#include "sma/image/format_names.hpp"

#include "sma/core/settings.hpp"
#include "test_files.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

result<void> decode(decoder& d, std::string const& file, request_context const& context = {}) {
    auto const pool = std::make_shared<tensor_pool>(1);
    auto out = pool->take({});
    return d.decode(file, context, preprocess_options(), out);
}

// 36 million pixels: a tenth of a second or more.
std::string const& long_image() {
    static std::string const file = bmp_of(6'000, 6'000);
    return file;
}

}  // namespace

TEST_CASE("formats are judged by the first bytes, and only allowed ones are decoded") {
    CHECK(format_name_of(corpus_file("rgb.png")) == "png");
    CHECK(format_name_of(corpus_file("lossy.webp")) == "webp");
    CHECK(format_name_of(corpus_file("rgb.tif")) == "tiff");
    CHECK(format_name_of(corpus_file("plain.gif")) == "gif");
    CHECK(format_name_of(corpus_file("rgb.bmp")) == "bmp");
    CHECK(format_name_of(corpus_file("gray.jpg")) == "jpeg");
    CHECK(format_name_of("BM and other text that is no image").empty());

    decode_options only_png;
    only_png.formats = {"png"};
    decoder d{only_png};
    CHECK(decode(d, corpus_file("rgb.png")).has_value());
    auto const refused = decode(d, corpus_file("gray.jpg"));
    CHECK(refused.error().code == errc::unsupported_media_type);
    CHECK(refused.error().message.find("PNG") != std::string::npos);
}

TEST_CASE("the formats that the setting knows are those that can be read, and JPEG XL must be asked for") {
    auto const names = format_names();
    auto read_unasked = names;
    std::erase(read_unasked, "jxl");
    CHECK(settings{}.formats == read_unasked);
    auto const all = all_settings();
    auto const row = std::find_if(all.begin(), all.end(), [](setting_info const& s) { return s.name == "formats"; });
    REQUIRE(row != all.end());
    CHECK(std::equal(row->choices.begin(), row->choices.end(), names.begin(), names.end()));
}

TEST_CASE("the orientation is ignored where the options say so") {
    decode_options options;
    options.apply_exif_orientation = false;
    decoder d{options};
    auto const size = d.probe(corpus_file("orientation6.jpg"));
    REQUIRE(size.has_value());
    CHECK(size->width == 40);
    CHECK(size->height == 26);
}

TEST_CASE("the limit on pixels is the configured one, inclusive") {
    decode_options options;
    options.pixels_max = 40 * 26;
    decoder exact{options};
    CHECK(decode(exact, corpus_file("rgb.png")).has_value());
    options.pixels_max -= 1;
    decoder less{options};
    auto const refused = decode(less, corpus_file("rgb.png"));
    CHECK(refused.error().code == errc::image_too_large);
    CHECK(refused.error().message.find("40 x 26") != std::string::npos);
}

TEST_CASE("a truncated file is decoded as far as it goes where that is allowed") {
    decode_options options;
    options.allow_truncated = true;
    decoder lenient{options};
    for (auto const* name : {"cut_baseline.jpg", "cut_progressive.jpg", "cut_rgb.bmp"}) {
        INFO(name);
        CHECK(decode(lenient, corpus_file(name)).has_value());
    }
    // Large enough for a libvips with libspng, which takes 8 KiB of a PNG at a time and gives up on less.
    auto const whole = read_file(SMA_SOURCE_DIR "/conf/demo/samples/crescent-2.png");
    CHECK(decode(lenient, whole.substr(0, whole.size() * 3 / 4)).has_value());
}

TEST_CASE("a JPEG that lost its last bytes is an error though the crop does not need them") {
    auto file = corpus_file("tall.jpg");
    decoder d{decode_options{}};
    CHECK(decode(d, file).has_value());
    file.resize(file.size() - 8);
    CHECK(decode(d, file).error().code == errc::preprocessing_failed);
}

TEST_CASE("metadata that is broken does not matter") {
    auto const jpeg = corpus_file("baseline.jpg");
    auto const with_segment = [&](char marker, std::string const& data) {
        return jpeg.substr(0, 2) + "\xff" + marker + be(data.size() + 2, 2) + data + jpeg.substr(2);
    };
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(jpeg).value();
    CHECK(d.decode_crop(with_segment('\xe1', std::string("Exif\0\0MM\0*\xff\xff\xff\xff", 14))).value() == wanted);
    CHECK(d.decode_crop(with_segment('\xe1', std::string("Exif\0\0II*\0\x08\0\0\0\xff\xff", 16))).value() == wanted);
    CHECK(d.decode_crop(with_segment('\xe2', "ICC_PROFILE broken")).value() == wanted);
    CHECK(d.decode_crop(with_segment('\xfe', std::string(60'000, 'c'))).value() == wanted);
}

TEST_CASE("work that nobody waits for is not begun") {
    decoder d{decode_options{}};
    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    client.request_stop();
    CHECK(decode(d, corpus_file("rgb.png"), context).error().code == errc::client_closed_request);

    request_context late;
    late.deadline = std::chrono::steady_clock::now() - 1ms;
    CHECK(decode(d, corpus_file("rgb.png"), late).error().code == errc::deadline_exceeded);
}

TEST_CASE("a decode stops at its deadline, at its time limit, and when the client leaves") {
    decoder d{decode_options{}};
    request_context short_one;
    short_one.deadline = std::chrono::steady_clock::now() + 5ms;
    CHECK(decode(d, long_image(), short_one).error().code == errc::deadline_exceeded);

    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    std::jthread const leaving([&client] {
        std::this_thread::sleep_for(5ms);
        client.request_stop();
    });
    CHECK(decode(d, long_image(), context).error().code == errc::client_closed_request);

    decode_options hurried;
    hurried.decode_timeout = 5ms;
    decoder h{hurried};
    auto const refused = decode(h, long_image());
    CHECK(refused.error().code == errc::preprocessing_failed);
    CHECK(refused.error().message.find("decode_timeout_ms") != std::string::npos);
}

TEST_CASE("the time limit holds while a progressive JPEG is still being gathered") {
    auto const milliseconds_with = [](std::chrono::milliseconds timeout) {
        decode_options options;
        options.decode_timeout = timeout;
        decoder d{options};
        auto const start = std::chrono::steady_clock::now();
        auto const decoded = decode(d, jpeg_of_size("progressive.jpg", 6'000, 6'000));
        auto const spent = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        CHECK(decoded.has_value() == (timeout > 1s));
        return spent;
    };
    double const all = milliseconds_with(60s);
    CHECK(milliseconds_with(5ms) < all / 6);
}

TEST_CASE("a decoder recovers from a bad file") {
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(corpus_file("baseline.jpg")).value();
    for (auto const* name : {"cut_baseline.jpg", "cut_progressive.jpg", "cut_rgb.png", "cut_lzw.tif", "rle.bmp"}) {
        INFO(name);
        CHECK(d.decode_crop(corpus_file(name)).has_error());
        CHECK(d.decode_crop(corpus_file("baseline.jpg")).value() == wanted);
    }
}

TEST_CASE("the image is written in the engine's size and type") {
    decoder d{decode_options{}};
    auto const pool = std::make_shared<tensor_pool>(1);
    auto out = pool->take({96, 160, element_type::f32, 1});
    REQUIRE(d.decode(bmp_of(300, 200), {}, preprocess_options(), out).has_value());
    float pixel[3] = {};
    std::memcpy(pixel, out.data() + std::size_t{96} * 160 * 12 - 12, 12);
    CHECK(pixel[0] == Approx((1.0 - 0.485) / 0.229).margin(1e-5));
    CHECK(pixel[1] == Approx(-0.456 / 0.224).margin(1e-5));
    CHECK(pixel[2] == Approx(-0.406 / 0.225).margin(1e-5));
}
