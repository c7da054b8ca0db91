#include "sma/model/safetensors.hpp"

#include "sma/core/whole_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::model {

namespace {

namespace json = boost::json;

using named_tensor = std::pair<std::string, tensor>;

/// Widest types first, so that every tensor is aligned for its type when the header is a multiple of 8 bytes.
std::vector<named_tensor> in_file_order(state_dict const& tensors) {
    std::vector<named_tensor> order(tensors.begin(), tensors.end());
    std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) {
        return bytes_of(a.second.type()) > bytes_of(b.second.type());
    });
    return order;
}

std::string header_of(std::vector<named_tensor> const& order, std::map<std::string, std::string> const& metadata) {
    json::object header;
    if (!metadata.empty()) {
        auto& object = header["__metadata__"].emplace_object();
        for (auto const& [key, value] : metadata) object[key] = value;
    }
    std::uint64_t begin = 0;
    for (auto const& [name, tensor] : order) {
        json::array shape;
        for (auto const size : tensor.shape()) shape.emplace_back(size);
        auto const end = begin + tensor.byte_count();
        header[name] = json::object{{"dtype", json::string(dtype_name(tensor.type()))},
                                    {"shape", std::move(shape)},
                                    {"data_offsets", json::array{begin, end}}};
        begin = end;
    }
    auto text = json::serialize(header);
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

}  // namespace

result<> write_safetensors(std::filesystem::path const& file, safetensors const& content) {
    auto const order = in_file_order(content.tensors);
    auto const header = header_of(order, content.metadata);
    std::uint64_t const length = header.size();
    std::vector<std::string_view> pieces{{reinterpret_cast<char const*>(&length), sizeof length}, header};
    for (auto const& [name, tensor] : order)
        pieces.emplace_back(reinterpret_cast<char const*>(tensor.bytes()), tensor.byte_count());
    return write_whole_file(file, pieces);
}

}  // namespace sma::model
