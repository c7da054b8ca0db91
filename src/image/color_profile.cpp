#include "color_profile.hpp"

#include "byte_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace sma::image {

namespace {

using row3 = std::array<double, 3>;

// Linear light of sRGB from the profiles' XYZ, whose white is D50.
constexpr std::array<row3, 3> srgb_of_xyz{
    {{3.1338561, -1.6168667, -0.4906146}, {-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}}};
constexpr row3 d50{0.9642, 1.0, 0.8249};

constexpr std::size_t steps = 16'384;  // fine enough for the steep beginning of the curve

/// The value of sRGB for each step of linear light from 0 to 1.
std::array<std::uint8_t, steps> const& srgb_values() {
    static auto const values = [] {
        std::array<std::uint8_t, steps> table{};
        for (std::size_t i = 0; i < steps; ++i) {
            double const light = static_cast<double>(i) / (steps - 1);
            double const value = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
            table[i] = static_cast<std::uint8_t>(std::lround(255 * value));
        }
        return table;
    }();
    return values;
}

/// What srgb_values() comes from (IEC 61966-2-1).
double srgb_light(double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

double fixed(byte_reader const& in, std::uint64_t at) noexcept {
    return static_cast<double>(static_cast<std::int32_t>(in.u32(at))) / 65'536;
}

/// The tag's data; empty if there is none.
std::string_view tag_of(byte_reader const& in, std::string_view name) noexcept {
    constexpr std::uint64_t table_at = 128;
    constexpr std::uint64_t entry_bytes = 12;
    constexpr std::uint64_t tags_max = 100;
    std::uint64_t const count = std::min<std::uint64_t>(in.u32(table_at), tags_max);
    for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t const entry = table_at + 4 + i * entry_bytes;
        if (!in.starts_at(static_cast<std::size_t>(entry), name)) continue;
        std::uint64_t const at = in.u32(entry + 4);
        std::uint64_t const bytes = in.u32(entry + 8);
        return in.has(at, bytes) ? in.data().substr(static_cast<std::size_t>(at), static_cast<std::size_t>(bytes))
                                 : std::string_view();
    }
    return {};
}

std::optional<row3> read_xyz(std::string_view tag) noexcept {
    byte_reader const in(tag, true);
    if (!in.starts_at(0, "XYZ ") || !in.has(8, 12)) return std::nullopt;
    return row3{fixed(in, 8), fixed(in, 12), fixed(in, 16)};
}

/// `curv`: a table, a power, or nothing, which is a straight line.
class sampled_curve {
public:
    explicit sampled_curve(byte_reader const& in) noexcept : in_(in), count_(in.u32(8)) {}

    bool is_whole() const noexcept { return in_.has(12, std::uint64_t{count_} * 2); }

    double operator()(double x) const noexcept {
        if (count_ == 0) return x;
        if (count_ == 1) return std::pow(x, in_.u16(12) / 256.0);
        double const at = x * (count_ - 1);
        auto const below = static_cast<std::uint32_t>(at);
        std::uint32_t const above = std::min(below + 1, count_ - 1);
        double const share = at - below;
        return (sample(below) * (1 - share) + sample(above) * share) / 65'535;
    }

private:
    double sample(std::uint32_t i) const noexcept { return in_.u16(12 + std::uint64_t{i} * 2); }

    byte_reader in_;
    std::uint32_t count_;
};

/// `para`: a power of a line above a point, a line below it.
class parametric_curve {
public:
    explicit parametric_curve(byte_reader const& in) noexcept : kind_(in.u16(8)) {
        constexpr std::array<std::uint64_t, 5> counts{1, 3, 4, 5, 7};
        if (kind_ >= counts.size() || !in.has(12, counts[kind_] * 4)) return;
        for (std::uint64_t i = 0; i < counts[kind_]; ++i) values_[i] = fixed(in, 12 + i * 4);
        is_whole_ = true;
    }

    bool is_whole() const noexcept { return is_whole_; }

    double operator()(double x) const noexcept {
        auto const& [g, a, b, c, d, e, f] = values_;
        if (kind_ == 0) return std::pow(x, g);
        double const power = std::pow(std::max(a * x + b, 0.0), g);
        if (kind_ == 1) return power;
        if (kind_ == 2) return power + c;
        return x >= d ? power + e : c * x + f;
    }

private:
    unsigned kind_;
    std::array<double, 7> values_{};
    bool is_whole_ = false;
};

template <class Curve>
bool sample(Curve const& curve, std::array<float, 256>& out) noexcept {
    if (!curve.is_whole()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        double const light = curve(static_cast<double>(i) / 255);
        out[i] = light > 0 ? static_cast<float>(std::min(light, 1.0)) : 0.0F;
    }
    return true;
}

bool read_curve(std::string_view tag, std::array<float, 256>& out) noexcept {
    byte_reader const in(tag, true);
    if (in.starts_at(0, "curv")) return sample(sampled_curve(in), out);
    return in.starts_at(0, "para") && sample(parametric_curve(in), out);
}

}  // namespace

std::optional<color_profile> color_profile::read(std::string_view icc) {
    byte_reader const in(icc, true);
    if (!in.starts_at(16, "RGB XYZ ") || !in.starts_at(36, "acsp")) return std::nullopt;
    color_profile profile;
    row3 white{};
    for (std::size_t c = 0; c < 3; ++c) {
        std::string const channel(1, "rgb"[c]);
        auto const xyz = read_xyz(tag_of(in, channel + "XYZ"));
        if (!xyz || !read_curve(tag_of(in, channel + "TRC"), profile.curves_[c])) return std::nullopt;
        for (std::size_t i = 0; i < 3; ++i) {
            white[i] += (*xyz)[i];
            auto const& row = srgb_of_xyz[i];
            profile.matrix_[i * 3 + c] =
                static_cast<float>(row[0] * (*xyz)[0] + row[1] * (*xyz)[1] + row[2] * (*xyz)[2]);
        }
    }
    constexpr double margin = 0.05;
    for (std::size_t i = 0; i < 3; ++i)
        if (std::abs(white[i] - d50[i]) > margin) return std::nullopt;  // the colors would be tinted
    return profile;
}

color_profile const& color_profile::display_p3() {
    static auto const profile = [] {
        color_profile p3;
        for (std::size_t i = 0; i < 256; ++i)
            for (auto& curve : p3.curves_) curve[i] = static_cast<float>(srgb_light(static_cast<double>(i) / 255));
        // Both have the white D65: from the primaries' chromaticities (H.273, table 2).
        p3.matrix_ = {1.2249402F, -0.2249402F, 0, -0.0420570F, 1.0420570F, 0, -0.0196376F, -0.0786360F, 1.0982736F};
        return p3;
    }();
    return profile;
}

bool color_profile::is_srgb() const noexcept {
    constexpr int step = 15;
    constexpr int margin = 2;
    for (int r = 0; r < 256; r += step) {
        for (int g = 0; g < 256; g += step) {
            for (int b = 0; b < 256; b += step) {
                std::array<std::uint8_t, 3> const in{static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(g),
                                                     static_cast<std::uint8_t>(b)};
                std::array<std::uint8_t, 3> out{};
                to_srgb(in.data(), 1, out.data());
                for (std::size_t c = 0; c < 3; ++c)
                    if (std::abs(in[c] - out[c]) > margin) return false;
            }
        }
    }
    return true;
}

void color_profile::to_srgb(std::uint8_t const* in, std::size_t n, std::uint8_t* out) const noexcept {
    auto const& values = srgb_values();
    auto const& m = matrix_;
    for (std::size_t i = 0; i < n; ++i, in += 3, out += 3) {
        float const r = curves_[0][in[0]];
        float const g = curves_[1][in[1]];
        float const b = curves_[2][in[2]];
        for (std::size_t c = 0; c < 3; ++c) {
            float const light = m[c * 3] * r + m[c * 3 + 1] * g + m[c * 3 + 2] * b;
            out[c] = values[static_cast<std::size_t>(std::clamp(light, 0.0F, 1.0F) * (steps - 1) + 0.5F)];
        }
    }
}

}  // namespace sma::image
