#include "planar.hpp"

#include "planar_kernels.hpp"

#include <bit>
#include <string>

namespace sma::image {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are little-endian, and are read as they are");

bool pack(rgb_planes const& in, tensor_buffer& out) {
    auto const& kernels = best_planar_kernels();
    switch (out.format().element) {
        case element_type::f32:
            return kernels.to_f32(in, reinterpret_cast<float*>(out.data()));
        case element_type::bf16:
            return kernels.to_bf16(in, reinterpret_cast<std::uint16_t*>(out.data()));
        case element_type::s8:
            return kernels.to_s8(in, out.format().scale, reinterpret_cast<std::int8_t*>(out.data()));
    }
    return false;
}

}  // namespace

std::size_t planar_bytes(input_format const& format) noexcept { return format.elements() * sizeof(float); }

result<void> pack_planar(std::string_view planes, tensor_buffer& out) {
    auto const bytes = planar_bytes(out.format());
    if (planes.size() != bytes)
        return error(errc::validation_error, "a normalized image has " + std::to_string(planes.size()) +
                                                 " bytes, expected " + std::to_string(bytes));
    auto const* first = reinterpret_cast<std::byte const*>(planes.data());
    auto const plane = bytes / 3;
    rgb_planes const in{{first, first + plane, first + 2 * plane}, plane / sizeof(float)};
    if (!pack(in, out)) return error(errc::validation_error, "a normalized image has a value that is not finite");
    return {};
}

}  // namespace sma::image
