// Boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), which is what AVIF, HEIC and JPEG XL keep their data in: a
// length, a type of four characters, and what the type says.
#pragma once

#include "byte_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sma::image {

/// The views are into the file.
struct bmff_box {
    std::string_view type;
    std::string_view body;   ///< behind length and type
    std::string_view whole;  ///< with them
};

/// The boxes that follow each other in `data`. The first that does not fit ends them; none is looked into.
class bmff_boxes {
public:
    explicit bmff_boxes(std::string_view data) noexcept : rest_(data) {}

    std::optional<bmff_box> next() noexcept {
        byte_reader const in(rest_, true);
        std::uint64_t length = in.u32(0);
        std::size_t header = 8;
        if (length == 1) {
            length = in.u64(8);
            header = 16;
        } else if (length == 0) {
            length = rest_.size();  // to the end of the file
        }
        if (length < header || !in.has(0, length)) return std::nullopt;
        auto const whole = rest_.substr(0, static_cast<std::size_t>(length));
        rest_.remove_prefix(whole.size());
        return bmff_box{whole.substr(4, 4), whole.substr(header), whole};
    }

private:
    std::string_view rest_;
};

/// The body of the first box of that type; empty where there is none.
inline std::string_view find_box(std::string_view data, std::string_view type) noexcept {
    bmff_boxes boxes(data);
    while (auto const box = boxes.next())
        if (box->type == type) return box->body;
    return {};
}

/// What follows the version and flags with which the bodies of some types begin.
inline std::string_view after_version(std::string_view body) noexcept {
    constexpr std::size_t version_bytes = 4;
    return body.size() < version_bytes ? std::string_view() : body.substr(version_bytes);
}

/// True if the file begins with a list of brands (`ftyp`) and has that one.
inline bool has_brand(std::string_view file, std::string_view brand) noexcept {
    constexpr std::size_t brands_max = 64;
    auto const box = bmff_boxes(file).next();
    if (!box || box->type != "ftyp") return false;
    for (std::size_t i = 0; i < brands_max && (i + 1) * 4 <= box->body.size(); ++i)
        if (i != 1 && box->body.substr(i * 4, 4) == brand) return true;  // the second one is a version
    return false;
}

}  // namespace sma::image
