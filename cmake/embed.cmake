# descend_embed(FOLDER OUT): each folder of texts src/FOLDER/TEXTS/ becomes a table in the program,
# 'FOLDER_TEXTS_texts' (see tools/embed); OUT receives the C files that are made at build time.
function(descend_embed folder out)
    set(made)
    file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true src/${folder}/*)
    foreach(path ${folders})
        if(IS_DIRECTORY ${path})
            file(GLOB texts CONFIGURE_DEPENDS ${path}/*)
            get_filename_component(name ${path} NAME)
            if(texts)
                descend_embed_files(${folder}_${name}_texts file ${texts})
                list(APPEND made ${file})
            endif()
        endif()
    endforeach()
    set(${out} ${made} PARENT_SCOPE)
endfunction()

# descend_embed_files(SYMBOL OUT FILE...): the same of single files.
function(descend_embed_files symbol out)
    set(texts)
    foreach(text ${ARGN})
        get_filename_component(text ${text} ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
        list(APPEND texts ${text})
    endforeach()
    set(file ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.c)
    add_custom_command(OUTPUT ${file}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/embedded
        COMMAND sh ${PROJECT_SOURCE_DIR}/tools/embed ${file} ${symbol} ${texts}
        DEPENDS ${texts} ${PROJECT_SOURCE_DIR}/tools/embed VERBATIM)
    set(${out} ${file} PARENT_SCOPE)
endfunction()
