#include "sma/model/safetensors.hpp"

#include "sma/model/file_bytes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
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

bool write_all(std::filesystem::path const& file, std::string const& header, std::vector<named_tensor> const& order) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    std::uint64_t const length = header.size();
    out.write(reinterpret_cast<char const*>(&length), sizeof length);
    out.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (auto const& [name, tensor] : order)
        out.write(reinterpret_cast<char const*>(tensor.bytes()), static_cast<std::streamsize>(tensor.byte_count()));
    out.close();
    return !out.fail();
}

}  // namespace

result<> write_safetensors(std::filesystem::path const& file, safetensors const& content) {
    auto const order = in_file_order(content.tensors);
    auto temporary = file;
    temporary += ".tmp";
    std::error_code ignored;
    errno = 0;
    if (!write_all(temporary, header_of(order, content.metadata), order)) {
        auto const reason = errno ? errno : EIO;
        std::filesystem::remove(temporary, ignored);
        return file_error(file, "written", reason);
    }
    std::error_code failed;
    std::filesystem::rename(temporary, file, failed);
    if (!failed) return {};
    std::filesystem::remove(temporary, ignored);
    return file_error(file, "written", failed.value());
}

}  // namespace sma::model
