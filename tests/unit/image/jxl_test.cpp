// Tests of JPEG XL: colors, orientation, and what its header tells before anything is decoded.
#include "heif_files.hpp"
#include "plain_color.hpp"
#include "quadrants.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

/// Bits, the lowest of each byte first, behind the signature.
class jxl_bits {
public:
    jxl_bits& put(std::uint64_t value, int bits) {
        for (int i = 0; i < bits; ++i) {
            if (used_ % 8 == 0) bytes_.push_back('\0');
            if ((value >> i & 1) != 0) bytes_.back() = static_cast<char>(bytes_.back() | 1 << used_ % 8);
            ++used_;
        }
        return *this;
    }
    /// With what would be the rest of the file.
    std::string file() const { return "\xff\x0a" + bytes_ + std::string(40, '\0'); }

private:
    std::string bytes_;
    int used_ = 0;
};

std::pair<int, int> size_of(std::string const& file) {
    decoder d{decode_options{}};
    auto const size = d.probe(file);
    if (size.has_error()) FAIL(size.error().message);
    return {size->width, size->height};
}

}  // namespace

TEST_CASE("JPEG XL has the colors that were coded, bare or in a container, of any depth, without its alpha channel") {
    for (auto const* name :
         {"quadrants.jxl", "quadrants16.jxl", "quadrants_alpha.jxl", "quadrants_container.jxl", "quadrants_odd.jxl"}) {
        INFO(name);
        check_quadrants(corpus_file(name));
    }
    CHECK(size_of(corpus_file("quadrants_odd.jxl")) == std::pair(63, 47));
    decoder d{decode_options{}};
    auto const gray = d.decode_crop(corpus_file("gray.jxl")).value();
    CHECK(std::abs(gray.front() - 40) <= 2);
    CHECK(std::abs(gray.back() - 200) <= 2);
}

TEST_CASE("a JPEG XL is turned as its header says") {
    decoder d{decode_options{}};
    auto const turned = d.decode_crop(corpus_file("orientation6.jxl")).value();
    auto const wanted = d.decode_crop(corpus_file("orientation6.jpg")).value();
    CHECK(size_of(corpus_file("orientation6.jxl")) == size_of(corpus_file("orientation6.jpg")));
    std::int64_t difference = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) difference += std::abs(turned[i] - wanted[i]);
    CHECK(difference < static_cast<std::int64_t>(wanted.size()) * 4);
}

TEST_CASE("the size of a JPEG XL is in its first bits") {
    // Height in 1, 9, 13 or 18 bits after the choice; 7 ratios, or a width of its own.
    CHECK(size_of(jxl_bits().put(1, 1).put(7, 5).put(1, 3).put(1, 1).file()) == std::pair(64, 64));
    CHECK(size_of(jxl_bits().put(1, 1).put(7, 5).put(0, 3).put(3, 5).put(1, 1).file()) == std::pair(32, 64));
    CHECK(size_of(jxl_bits().put(0, 1).put(0, 2).put(99, 9).put(7, 3).put(1, 1).file()) == std::pair(200, 100));
    CHECK(size_of(jxl_bits().put(0, 1).put(1, 2).put(999, 13).put(5, 3).put(1, 1).file()) == std::pair(1'777, 1'000));
}

TEST_CASE("a JPEG XL with too many pixels is refused from its header") {
    decoder d{decode_options{}};
    auto const refused = [&](std::string const& file) { return d.decode_crop(file).error().code; };
    auto const huge = jxl_bits().put(0, 1).put(3, 2).put((1U << 30) - 1, 30);
    CHECK(refused(jxl_bits(huge).put(1, 3).put(1, 1).file()) == errc::image_too_large);
    CHECK(refused(jxl_bits(huge).put(7, 3).put(1, 1).file()) == errc::preprocessing_failed);
    CHECK(refused(jxl_bits().put(0, 1).put(2, 2).put(200'000, 18).put(1, 3).put(1, 1).file()) == errc::image_too_large);
    // 4,096 extra channels of a picture that would be small enough.
    auto const channels = jxl_bits().put(0, 1).put(1, 2).put(4'999, 13).put(1, 3).put(0, 1).put(0, 1);
    CHECK(refused(jxl_bits(channels).put(0, 1).put(0, 2).put(0, 1).put(3, 2).put(4'095, 12).file()) ==
          errc::image_too_large);
}

TEST_CASE("a JPEG XL that is cut off anywhere is an error") {
    decoder d{decode_options{}};
    for (auto const* name : {"quadrants_odd.jxl", "quadrants_container.jxl"}) {
        auto const whole = corpus_file(name);
        for (std::size_t n = 1; n < whole.size(); ++n) {
            INFO(name << ", " << n << " bytes of " << whole.size());
            CHECK(d.decode_crop(whole.substr(0, n)).has_error());
        }
    }
}

TEST_CASE("kinds of JPEG XL that are not read are not called damaged") {
    check_unsupported(corpus_file("animated.jxl"), "an animation");
    auto const extra = jxl_bits().put(1, 1).put(7, 5).put(1, 3).put(0, 1).put(1, 1).put(0, 3).put(0, 1);
    check_unsupported(jxl_bits(extra).put(1, 1).file(), "a preview");
}
