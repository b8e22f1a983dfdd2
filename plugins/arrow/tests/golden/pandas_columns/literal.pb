
)B'
@/data


a

sparquet