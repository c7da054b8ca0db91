# Files as constants of the program. Run at build time:
#   cmake -DOUTPUT=FILE.cpp -DFILES="page/index.html=/full/path|..." -P embed_files.cmake
# OUTPUT defines sma::api::embedded_files(): names, bytes and an entity tag of each.
string(REPLACE "|" ";" entries "${FILES}")
set(rows "")
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(name "${CMAKE_MATCH_1}")
  set(path "${CMAKE_MATCH_2}")
  file(READ "${path}" hex HEX)
  file(SIZE "${path}" size)
  file(SHA256 "${path}" sum)
  string(SUBSTRING "${sum}" 0 32 tag)
  string(REGEX REPLACE "(..)" "\\\\x\\1" literal "${hex}")
  string(APPEND rows "    {\"${name}\", {\"${literal}\", ${size}}, \"\\\"${tag}\\\"\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"embedded_files.hpp\"

namespace sma::api {
namespace {

constexpr embedded_file files[] = {
${rows}};

}  // namespace

std::span<embedded_file const> embedded_files() noexcept { return files; }

}  // namespace sma::api
")
